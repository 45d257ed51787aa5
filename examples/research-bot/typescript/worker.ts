import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('research-bot');
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
    throw new Error(`${url} answered ${page.status}`);
  }
  const question = `Summarise this:\n${page.body}`;
  const summary = await agent.llm.generate(question, { route: 'writer' });
  await agent.fs.write(file, summary);
  return summary;
});

await agent.run();
