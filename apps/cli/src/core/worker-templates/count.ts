import type { WorkerTemplate } from './template.ts';

/** The smallest worker that does something. */
export const COUNT: WorkerTemplate = {
  about: 'Counts the words of a file.',
  capabilities: ['prim:fs.read'],
  cases: [
    {
      task: 'count',
      input: { path: 'notes.txt' },
      files: { 'notes.txt': 'one two three' },
      output: 3,
    },
  ],
  python: (name) => `from ioi_sdk import Agent

agent = Agent(name="${name}")


@agent.task
def count(path: str) -> int:
    return len(agent.fs.read(path).split())
`,
  typescript: (name) => `import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('${name}');
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
`,
  guest: () => `const input = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};

ioi.task('count', { input, output: { type: 'integer' } }, async ({ path }, agent) => {
  const text = await agent.fs.read(path);
  return text.split(/\\s+/).filter((word) => word !== '').length;
});
`,
};
