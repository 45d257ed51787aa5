import { Agent, StepError } from '@ioi/sdk/worker';

type Line = { text: string; marks: string[]; weight?: number };

const agent = new Agent('sample');
const text = { type: 'string' };
const marks = { type: 'array', items: text };
const line = {
  type: 'object',
  properties: { text, marks, weight: { type: 'number' } },
  required: ['text', 'marks'],
  additionalProperties: false,
};

agent.task<{ line: Line; count?: number }>(
  'echo',
  {
    input: {
      type: 'object',
      properties: { line, count: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
      required: ['line'],
      additionalProperties: false,
    },
    output: { type: 'array', items: line },
  },
  ({ line: { text, marks, weight = 1.5 }, count }) =>
    Array.from({ length: count ?? 1 }, () => ({ text, marks, weight })),
);

const taking = (name: string) => ({
  type: 'object',
  properties: { [name]: text },
  required: [name],
  additionalProperties: false,
});

agent.task<{ path: string }>(
  'ask',
  { input: taking('path'), output: { type: 'object', additionalProperties: text } },
  async ({ path }) => {
    console.log('this goes to nobody');
    try {
      await agent.fs.write(path, 'new');
    } catch (fault) {
      if (!(fault instanceof StepError) || fault.kind !== 'refused') throw fault;
      await agent.memory.put('refused', fault.code);
    }
    // Both at once: one is asked for after the other all the same.
    const [reply, read] = await Promise.all([
      agent.net.fetch('https://example.org/', { method: 'POST', body: 'a' }),
      agent.fs.read(path),
    ]);
    const said = await agent.llm.generate(read, { route: 'writer', max_tokens: 5 });
    const found = await agent.ask('Which?', [String(await agent.memory.get('key'))]);
    await agent.spend({ amount: 2, unit: 'usd' }, 'shop', { memo: found });
    return { body: reply.body, said, found };
  },
);

agent.task<{ prompt: string }>(
  'stream',
  { input: taking('prompt'), output: { type: 'array', items: text } },
  async ({ prompt }) => {
    const pieces: string[] = [];
    const stream = (piece: string | null) => void pieces.push(piece ?? 'void');
    return [await agent.llm.generate(prompt, { route: 'writer', stream }), ...pieces];
  },
);

agent.task<{ how: string }>(
  'fail',
  { input: taking('how'), output: { type: 'integer' } },
  async ({ how }) => {
    if (how === 'step') await agent.step('made::up', { nothing: null });
    if (how === 'number') return 2 ** 60;
    const fault = new Error('no \ud800 such key');
    fault.name = 'KeyError';
    throw fault;
  },
);

await agent.run();
