import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StepAnswer, TakeStep, WorkerEnd, WorkerStep } from '@ioi/protocol';
import { PYTHON_SDK } from '@ioi/python';
import { WorkerProcess } from '@ioi/workers/shell';
import { start } from '@ioi/workers/testing';

// Both SDKs do the same tasks over the same answers: what one asks for, the other asks for too.

const HERE = import.meta.dirname;
const PYTHON_PATH = dirname(fileURLToPath(PYTHON_SDK));
const EXAMPLES = join(PYTHON_PATH, 'examples');

function python(...args: string[]) {
  const env = { PATH: process.env['PATH'] ?? '', PYTHONPATH: PYTHON_PATH };
  return start('python3', ['-B', '-S', '-s', '-m', 'ioi_sdk', ...args], env);
}

const SAMPLES = {
  python: () => python(join(HERE, 'sample.py')),
  typescript: () => start(process.execPath, [join(HERE, 'sample.ts')]),
};

async function greeted(started: ReturnType<typeof start>): Promise<WorkerProcess> {
  const worker = await WorkerProcess.greet(started, { helloMs: 60_000 });
  assert.ok(worker.ok, JSON.stringify(worker));
  return worker.value;
}

type Answers = Readonly<Record<string, StepAnswer>>;
type Told = { readonly end: WorkerEnd; readonly steps: readonly WorkerStep[] };
type Input = Parameters<WorkerProcess['invoke']>[0]['input'];

async function tell(
  worker: WorkerProcess,
  task: string,
  input: Input,
  answers: Answers = {},
): Promise<Told> {
  const steps: WorkerStep[] = [];
  const { signal } = new AbortController();
  const takeStep = async (step: WorkerStep): Promise<StepAnswer> => {
    steps.push(step);
    // Time for a second step, which may not come before this one is answered.
    if (step.target === 'net::fetch') await sleep(50);
    return answers[step.target] ?? { kind: 'done', output: null };
  };
  return { end: await worker.invoke({ task, input, takeStep, signal }), steps };
}

const done = (output: Input): StepAnswer => ({ kind: 'done', output });

const ANSWERS: Answers = {
  'fs::write': { kind: 'refused', code: 'policy.blocked', message: 'not there' },
  'fs::read': done('one \u2028 two\n'),
  'net::fetch': done({ status: 200, headers: {}, body: 'b' }),
  'model::invoke': done({ text: 'short' }),
  'memory::get': done('kept'),
  'person::ask': done({ answer: 'kept' }),
  'wallet::spend': done(null),
};

for (const [language, started] of Object.entries(SAMPLES)) {
  test(`the SDK for ${language} asks step by step, and gives back its end`, async (context) => {
    const worker = await greeted(started());
    context.after(() => worker.close());
    const { tasks } = worker.description;
    assert.deepEqual(
      tasks.map(({ name }) => name),
      ['echo', 'ask', 'stream', 'fail'],
    );
    assert.deepEqual(tasks[0]?.input_schema, ECHO_SCHEMA);
    const line = { text: 'é \u2028', marks: ['a'] };
    const echoed = await tell(worker, 'echo', { line, count: 2 });
    const whole = { ...line, weight: 1.5 };
    assert.deepEqual(echoed, { end: { kind: 'returned', output: [whole, whole] }, steps: [] });
    const asked = await tell(worker, 'ask', { path: 'a.txt' }, ANSWERS);
    assert.deepEqual(asked, {
      end: { kind: 'returned', output: { body: 'b', said: 'short', found: 'kept' } },
      steps: ASKED.map(([target, params], index) => ({ index, target, params })),
    });
    assert.match(worker.diagnostics(), /this goes to nobody/);
  });

  test(`the SDK for ${language} tells a text while it comes, or at once`, async (context) => {
    const worker = await greeted(started());
    context.after(() => worker.close());
    const told = async (...pieces: readonly (string | undefined)[]) => {
      const takeStep: TakeStep = async ({ params }, onText) => {
        assert.equal(params['stream'], true);
        for (const each of pieces) onText?.(each);
        return done({ text: 'I am here.' });
      };
      const { signal } = new AbortController();
      const asked = { task: 'stream', input: { prompt: 'Who?' }, takeStep, signal };
      const end = await worker.invoke(asked);
      assert.ok(end.kind === 'returned', JSON.stringify(end));
      return (end.output as readonly string[]).slice(1);
    };
    assert.deepEqual(await told('I am ', 'here.'), ['I am ', 'here.']);
    assert.deepEqual(await told(), ['I am here.']);
    assert.deepEqual(await told('I am '), ['I am ', 'here.']);
    assert.deepEqual(await told('No', undefined, 'I am '), ['No', 'void', 'I am ', 'here.']);
    assert.deepEqual(await told('No'), ['No', 'void', 'I am here.']);
  });

  test(`the SDK for ${language} tells what was raised, by its code, and where`, async (context) => {
    const worker = await greeted(started());
    context.after(() => worker.close());
    const fail = async (how: string, answers: Answers = {}): Promise<WorkerEnd> =>
      (await tell(worker, 'fail', { how }, answers)).end;
    const refused: StepAnswer = { kind: 'failed', code: 'step.unknown_target', message: 'what?' };
    const step = await fail('step', { 'made::up': refused });
    assert.equal(step.kind === 'raised' && step.code, 'step.unknown_target');
    assert.equal(step.kind === 'raised' && step.message, 'what?');
    const other = await fail('other');
    assert.ok(other.kind === 'raised' && other.code === 'KeyError');
    assert.match(other.message, /no .+ such key/u);
    assert.match(other.trace ?? '', /sample\.(py|ts)/);
    // No number that other programs would read as another one leaves it.
    const number = await fail('number');
    assert.ok(number.kind === 'raised' && /Error$/.test(number.code), JSON.stringify(number));
    const nobody = await tell(worker, 'nothing', {});
    assert.ok(nobody.end.kind === 'raised' && /no task nothing/.test(nobody.end.message));
  });
}

const ASKED: readonly (readonly [string, object])[] = [
  ['fs::write', { path: 'a.txt', content: 'new' }],
  ['memory::put', { key: 'refused', value: 'policy.blocked' }],
  ['net::fetch', { method: 'POST', body: 'a', url: 'https://example.org/' }],
  ['fs::read', { path: 'a.txt' }],
  [
    'model::invoke',
    {
      route: 'writer',
      messages: [{ role: 'user', content: 'one \u2028 two\n' }],
      max_tokens: 5,
    },
  ],
  ['memory::get', { key: 'key' }],
  ['person::ask', { question: 'Which?', choices: ['kept'] }],
  ['wallet::spend', { memo: 'kept', amount: { amount: '2', unit: 'usd' }, payee: 'shop' }],
];

const ECHO_SCHEMA = {
  type: 'object',
  properties: {
    line: {
      type: 'object',
      properties: {
        text: { type: 'string' },
        marks: { type: 'array', items: { type: 'string' } },
        weight: { type: 'number' },
      },
      required: ['text', 'marks'],
      additionalProperties: false,
    },
    count: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
  },
  required: ['line'],
  additionalProperties: false,
};

test('the quickstart of the whitepaper runs as it is written', async (context) => {
  const worker = await greeted(python('--compat', 'appendix-c', join(EXAMPLES, 'summarize.py')));
  context.after(() => worker.close());
  const url = 'https://en.wikipedia.org/wiki/Bread';
  const { end, steps } = await tell(
    worker,
    'summarize_url',
    { url },
    {
      'net::fetch': done({ status: 200, headers: {}, body: 'Bread is baked.' }),
      'model::invoke': done({ text: 'It is baked.' }),
    },
  );
  assert.deepEqual(end, { kind: 'returned', output: 'It is baked.' });
  const name = createHash('sha256').update(url).digest('hex');
  assert.deepEqual(steps, [
    { index: 0, target: 'net::fetch', params: { method: 'GET', url } },
    {
      index: 1,
      target: 'model::invoke',
      params: {
        route: 'llama3-8b',
        messages: [{ role: 'user', content: 'Summarize this: Bread is baked.' }],
      },
    },
    {
      index: 2,
      target: 'fs::write',
      params: { path: `./summaries/${name}.txt`, content: 'It is baked.' },
    },
  ]);
});

test('a file that makes no worker is told as its language tells it', async () => {
  const worker = await WorkerProcess.greet(python(join(HERE, 'no-such-file.py')));
  assert.equal(!worker.ok && worker.error.code, 'worker.no_hello');
  assert.match(worker.ok ? '' : worker.error.message, /FileNotFoundError/);
});
