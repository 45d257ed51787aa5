import { generateText } from 'ai';
import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('minutes');

/** A route of the node as a model of the AI SDK: what it is asked is a step. */
const route = (name) => ({
  specificationVersion: 'v3',
  provider: 'ioi',
  modelId: name,
  supportedUrls: {},
  doGenerate: async ({ prompt, maxOutputTokens: max_tokens = 512 }) => {
    const messages = prompt.map(({ role, content }) => ({ role, content: textOf(content) }));
    const text = await agent.llm.chat(messages, { route: name, max_tokens });
    return {
      content: [{ type: 'text', text }],
      finishReason: { unified: 'stop', raw: undefined },
      // What it cost is on record at the node.
      usage: { inputTokens: {}, outputTokens: {} },
      warnings: [],
    };
  },
  doStream: async () => {
    throw new TypeError('this route answers with whole texts');
  },
});

const textOf = (content) =>
  typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('');

const input = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};

agent.task('minutes', { input, output: { type: 'string' } }, async ({ path }) => {
  const notes = await agent.fs.read(path);
  const { text } = await generateText({
    model: route('writer'),
    system: 'Write the minutes of a meeting from notes.',
    prompt: notes,
    // A step that was refused is refused again.
    maxRetries: 0,
  });
  await agent.fs.write(`${path}.minutes`, text);
  return text;
});

await agent.run();
