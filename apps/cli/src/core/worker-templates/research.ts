import type { WorkerTemplate } from './template.ts';

/** One call of the network, one of a model, one file: each is decided by itself. */
export const RESEARCH: WorkerTemplate = {
  about: 'Reads a page, has a model summarise it, and writes what it said to a file.',
  capabilities: ['prim:net.request', 'prim:model.invoke', 'prim:fs.write'],
  cases: [],
  python: (name) => `from ioi_sdk import Agent

agent = Agent(name="${name}")


@agent.task
def summarise(url: str, file: str) -> str:
    page = agent.net.get(url)
    if not page.ok:
        raise ValueError(f"{url} answered {page.status}")
    summary = agent.llm.generate(f"Summarise this:\\n{page.text}", model="writer")
    agent.fs.write(file, summary)
    return summary
`,
  typescript: (name) => `import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('${name}');
const text = { type: 'string' };
const input = {
  type: 'object',
  properties: { url: text, file: text },
  required: ['url', 'file'],
  additionalProperties: false,
};

type Asked = { url: string; file: string };

agent.task<Asked>('summarise', { input, output: text }, async ({ url, file }) => {
  const page = await agent.net.fetch(url);
  if (page.status !== 200) {
    throw new Error(\`\${url} answered \${page.status}\`);
  }
  const question = \`Summarise this:\\n\${page.body}\`;
  const summary = await agent.llm.generate(question, { route: 'writer' });
  await agent.fs.write(file, summary);
  return summary;
});

await agent.run();
`,
};
