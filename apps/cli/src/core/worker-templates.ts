export type WorkerLanguage = 'python' | 'typescript';

/** The files that a new worker starts with, beside its SDK. */
export function workerTemplate(language: WorkerLanguage, name: string): Record<string, string> {
  const file = language === 'python' ? 'worker.py' : 'worker.ts';
  const draft = {
    id: `ai://local/${name}`,
    version: 'v0.1.0',
    about: 'Counts the words of a file.',
    entry: { language, file },
    requirements: { framework: language === 'python' ? 'python-3.11' : 'node-26' },
    capabilities_required: ['prim:fs.read'],
  };
  const manifest = `${JSON.stringify(draft, undefined, 2)}\n`;
  return language === 'python'
    ? { 'worker.json': manifest, 'worker.tests.json': CASES, [file]: python(name) }
    : {
        'worker.json': manifest,
        'worker.tests.json': CASES,
        'package.json': MODULE,
        [file]: typescript(name),
      };
}

/** Of a folder's name, what an address of a worker can have. */
export function workerName(folder: string): string {
  const plain = folder.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, 64) || 'worker';
}

const CASES = `${JSON.stringify(
  [
    {
      task: 'count',
      input: { path: 'notes.txt' },
      files: { 'notes.txt': 'one two three' },
      output: 3,
    },
  ],
  undefined,
  2,
)}
`;

const MODULE = '{ "private": true, "type": "module" }\n';

function python(name: string): string {
  return `from ioi_sdk import Agent

agent = Agent(name="${agentName(name)}")


@agent.task
def count(path: str) -> int:
    return len(agent.fs.read(path).split())
`;
}

function typescript(name: string): string {
  return `import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('${agentName(name)}');
const input = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};

agent.task<{ path: string }>('count', { input, output: { type: 'integer' } }, async ({ path }) => {
  const text = await agent.fs.read(path);
  return text.split(/\\s+/).filter((word) => word !== '').length;
});

await agent.run();
`;
}

/** Names of agents begin with a letter. */
function agentName(name: string): string {
  return /^[a-z]/.test(name) ? name : `worker-${name}`;
}
