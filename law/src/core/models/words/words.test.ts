import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import {
  NOTHING_TRANSLATED,
  readAnswer,
  type Translation,
  translateEnd,
  translateLine,
  writeAnswer,
} from './answers.ts';
import { type Fields, fieldsIn } from './fields.ts';
import type {
  CallPart,
  End,
  NeutralAnswer,
  NeutralQuestion,
  Part,
  TextForm,
  Tool,
  ToolChoice,
  Turn,
} from './neutral.ts';
import { readQuestion, type Spoken, writeQuestion } from './questions.ts';

const ALL: readonly Spoken[] = ['openai', 'openai-responses', 'anthropic', 'gemini'];
const PAIRS = ALL.flatMap((from) => ALL.map((to) => ({ from, to })));
const ROUNDS = 60;

/** Draws what every protocol has words for, unless one is named that has more. */
class Drawn {
  readonly #random: SeededRandom;
  readonly #for: Spoken;
  #calls = 0;

  constructor(seed: string, spoken: Spoken) {
    this.#random = seededRandom(seed);
    this.#for = spoken;
  }

  one<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)] as T;
  }

  many<T>(most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.#random.below(most + 1) }, make);
  }

  maybe<T>(value: T): T | undefined {
    return this.#random.below(2) === 0 ? value : undefined;
  }

  text(): string {
    const letters = ['a', ' ', '"', '\n', '\\', 'é', '𝄞', '\u2028', 'data: ', '[DONE]', '{'];
    return `t${this.many(8, () => this.one(letters)).join('')}`;
  }

  given(): Fields {
    const value = (): unknown => this.one([this.text(), 7, null, true, [1], { a: this.text() }]);
    return Object.fromEntries(this.many(3, () => [this.text(), value()]));
  }

  usage() {
    const cached = this.#random.below(50);
    const thought = this.#for === 'anthropic' ? 0 : this.#random.below(20);
    const taken = cached + this.#random.below(90);
    return { taken, cached, given: thought + this.#random.below(30), thought };
  }

  answer(): NeutralAnswer {
    const texts = this.many(1, () => ({ kind: 'text', text: this.text() }) as const);
    const calls = this.many(3, (): CallPart => {
      this.#calls += 1;
      const id = `call_${this.#calls}`;
      return { kind: 'call', id, name: `tool_${this.#calls}`, given: this.given() };
    });
    const cut: readonly End[] = [{ kind: 'length' }, { kind: 'refused' }];
    const end = this.one<End>([{ kind: calls.length > 0 ? 'calls' : 'stop' }, ...cut]);
    const parts = [...texts, ...calls];
    return { id: 'answer-1', model: 'far-1', parts, end, usage: this.usage() };
  }

  question(): NeutralQuestion {
    const turns: Turn[] = this.many(
      1,
      () => ({ by: 'system', parts: [this.#text()] }) as Turn,
    ).slice();
    const user: Part[] = [
      ...this.many(2, () => this.#text()),
      this.#text(),
      ...this.many(1, PICTURE),
    ];
    turns.push({ by: 'user', parts: user });
    for (let round = this.#random.below(3); round > 0; round -= 1) turns.push(...this.#round());
    const tools = this.many(3, () => this.#tool());
    const names = tools.map(({ name }) => name);
    const choices: ToolChoice[] = ['auto', 'any', 'none', ...names.map((tool) => ({ tool }))];
    const isResponses = this.#for === 'openai-responses';
    const isOpenAi = isResponses || this.#for === 'openai';
    const isParallel = this.#for === 'gemini' || tools.length === 0 ? undefined : this.maybe(true);
    return {
      turns,
      tools: [...new Map(tools.map((each) => [each.name, each])).values()],
      choice: tools.length === 0 ? undefined : this.one([undefined, ...choices]),
      isParallel: this.#for === 'anthropic' ? undefined : isParallel,
      most: this.maybe(this.#random.below(9000) + 1),
      numbers: { ...(this.maybe(1) && { temperature: 0.5 }), ...(this.maybe(1) && { top_p: 0.9 }) },
      stops: isResponses ? [] : this.many(2, () => this.text()),
      form: this.maybe(this.#form()),
      effort: isOpenAi ? this.maybe('low') : undefined,
      verbosity: isOpenAi ? this.maybe('high') : undefined,
    };
  }

  #text() {
    return { kind: 'text', text: this.text() } as const;
  }

  #form(): TextForm {
    const isStrict = this.#for === 'anthropic' || (this.#for !== 'gemini' && this.maybe(1) === 1);
    const form = { kind: 'schema', schema: { type: 'object' }, isStrict } as const;
    return this.#for === 'anthropic' ? form : this.one<TextForm>([form, { kind: 'json' }]);
  }

  #tool(): Tool {
    const isStrict = this.#for !== 'gemini' && this.maybe(1) === 1;
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    return { name: `tool_${this.#random.below(9)}`, description: this.text(), schema, isStrict };
  }

  #round(): readonly Turn[] {
    const ids = this.many(2, () => {
      this.#calls += 1;
      return `call_${this.#calls}`;
    });
    const calls = ids.map(
      (id) => ({ kind: 'call', id, name: 'look', given: this.given() }) as const,
    );
    const hasErrors = this.#for === 'anthropic' || this.#for === 'gemini';
    const results = ids.map((id) => {
      const isError = hasErrors && this.maybe(1) === 1;
      return { kind: 'result', id, isError, parts: [this.#text()] } as const;
    });
    return [
      { by: 'model', parts: [this.#text(), ...calls] },
      { by: 'user', parts: [...results, this.#text()] },
    ];
  }
}

const PICTURE = (): Part => ({ kind: 'image', media: 'image/png', data: 'iVBORw0KGgo=' });

test('a question is the same once it was written and read, in each of the protocols', () => {
  for (const spoken of ALL) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const question = new Drawn(`${spoken} ${round}`, spoken).question();
      const written = writeQuestion(spoken, question);
      assert.ok(written.ok, `${spoken} ${round} ${JSON.stringify(written)}`);
      const read = readQuestion(spoken, JSON.parse(JSON.stringify(written.value)) as Fields);
      assert.ok(read.ok, `${spoken} ${round} ${JSON.stringify(read)}`);
      assert.deepEqual(read.value.question, question, `${spoken} ${round}`);
    }
  }
});

function howOf(from: Spoken, to: Spoken): Translation {
  return {
    from,
    to,
    manner: { tellsUsage: true, tools: new Map() },
    isSingle: false,
    salt: 'salt',
    isStreamed: true,
  };
}

function comparable(answer: NeutralAnswer, spoken: Spoken): NeutralAnswer {
  // Anthropic does not say how much of an answer was thought.
  const usage = spoken === 'anthropic' ? { ...answer.usage, thought: 0 } : answer.usage;
  return { ...answer, usage };
}

test('an answer is the same once it was written and read, whole', () => {
  for (const spoken of ALL) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const answer = new Drawn(`whole ${spoken} ${round}`, spoken).answer();
      const how = howOf(spoken, spoken);
      const body = JSON.parse(JSON.stringify(writeAnswer(answer, how)));
      const read = readAnswer(body, how);
      assert.ok(read.ok, `${spoken} ${round} ${JSON.stringify(read)}`);
      assert.deepEqual(read.value, comparable(answer, spoken));
    }
  }
});

/** As the wire has it: the answer of one protocol as the events of a stream. */
function streamOf(answer: NeutralAnswer, spoken: Spoken): string {
  const through = howOf(spoken === 'gemini' ? 'gemini' : spoken, spoken);
  const whole = JSON.stringify(writeAnswer(answer, { ...through, to: 'gemini' }));
  const first = translated(`data: ${whole}\n\n`, howOf('gemini', spoken), () => 1 << 20);
  return first.text;
}

function translated(stream: string, how: Translation, next: () => number) {
  let so = NOTHING_TRANSLATED;
  let text = '';
  let rest = '';
  for (let at = 0; at < stream.length; ) {
    const size = next();
    const lines = (rest + stream.slice(at, at + size)).split('\n');
    at += size;
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const step = translateLine(so, line, how);
      so = step.so;
      text += step.text;
    }
  }
  const end = translateEnd(so, how);
  return { text: text + end.text, so: end.so };
}

test('in all pairs a stream says what was said, in whatever pieces it comes', () => {
  for (const { from, to } of PAIRS) {
    for (let round = 0; round < 12; round += 1) {
      const seed = `${from} ${to} ${round}`;
      const answer = new Drawn(seed, 'anthropic').answer();
      const stream = streamOf(answer, from);
      const random = seededRandom(seed);
      const whole = translated(stream, howOf(from, to), () => stream.length);
      const pieces = translated(stream, howOf(from, to), () => 1 + random.below(9));
      assert.equal(whole.so.gathered.fault, undefined, seed);
      assert.equal(pieces.text, whole.text, seed);
      const back = translated(whole.text, howOf(to, to), () => 7).so.gathered;
      const { parts, ended } = back;
      const said = parts.map((each) => {
        if (each.kind === 'text') return each;
        const { text, ...call } = each;
        return { ...call, given: text === '' ? {} : JSON.parse(text) };
      });
      assert.deepEqual(said, answer.parts, seed);
      assert.deepEqual(ended?.usage, answer.usage, seed);
      // There a call and a full stop have one word.
      assert.equal(ended?.end.kind, answer.end.kind, seed);
    }
  }
});

test('an answer that stands in the last event of responses alone is told whole', () => {
  const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
  const text = { type: 'message', content: [{ type: 'output_text', text: 'It is here.' }] };
  const call = { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"a":1}' };
  const usage = { input_tokens: 3, output_tokens: 2 };
  const response = { id: 'r', model: 'm', status: 'completed', output: [text, call], usage };
  const begun = event({ type: 'response.created', response: { id: 'r', model: 'm' } });
  const last = event({ type: 'response.completed', response });
  for (const stream of [begun + last, last]) {
    for (const to of ALL) {
      const { so } = translated(stream, howOf('openai-responses', to), () => 5);
      const { fault, parts, ended } = so.gathered;
      assert.equal(fault, undefined);
      assert.deepEqual(parts[0], { kind: 'text', text: 'It is here.' });
      const made = { kind: 'call', id: 'c1', name: 'look', text: '{"a":1}' };
      assert.deepEqual(parts[1], made);
      assert.deepEqual([ended?.end.kind, ended?.usage.taken], ['calls', 3]);
    }
  }
  const delta = event({ type: 'response.output_text.delta', delta: 'It is ' });
  const told = translated(begun + delta + last, howOf('openai-responses', 'openai'), () => 5);
  assert.deepEqual(told.so.gathered.parts, [{ kind: 'text', text: 'It is ' }]);
});

test('what is out of order, without an end or of no sense is a fault by its name', () => {
  const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
  const chunk = (delta: object, finish_reason?: string): string =>
    event({ id: 'a', model: 'm', choices: [{ delta, finish_reason }] });
  const made = (index: number, more: object): string =>
    chunk({ tool_calls: [{ index, function: { name: 'x', ...more } }] });
  const start = event({ type: 'message_start', message: { id: 'a', model: 'm' } });
  const cases: readonly (readonly [Spoken, string, RegExp])[] = [
    ['openai', 'data: {nonsense\n\n', /not understood/],
    ['openai', 'data: [1]\n\n', /not understood/],
    ['openai', chunk({ content: 'I ' }), /ended before/],
    ['openai', made(1, {}) + made(0, {}), /out of order/],
    ['openai', made(0, { arguments: '{"a' }) + chunk({}, 'tool_calls'), /no object of JSON/],
    ['openai', made(0, { arguments: '[1]' }) + made(1, {}), /no object of JSON/],
    ['openai', made(0, { name: '' }), /without a name/],
    ['openai', chunk({}, 'because'), /ended with because/],
    ['openai', event({ error: { message: 'no room' } }), /no room/],
    [
      'openai',
      `${chunk({}, 'stop')}data: [DONE]\n\n${chunk({ content: 'more' })}`,
      /after its end/,
    ],
    [
      'openai-responses',
      event({ type: 'response.output_text.delta', delta: 'x' }),
      /before it began/,
    ],
    ['openai-responses', event({ type: 'response.failed' }), /response.failed/],
    ['openai-responses', event({ type: 'response.created', response: {} }), /ended before/],
    ['anthropic', start + event({ type: 'content_block_delta', index: 0, delta: {} }), /not open/],
    ['anthropic', start + event({ type: 'message_stop' }), /for no reason/],
    ['anthropic', start + event({ type: 'error', error: { message: 'busy' } }), /busy/],
    [
      'gemini',
      event({ candidates: [{ content: { parts: [{ executableCode: {} }] } }] }),
      /executableCode/,
    ],
    ['gemini', event({ candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] }), /MALFORMED/],
  ];
  for (const [from, stream, fault] of cases) {
    for (const to of ALL) {
      const { so, text } = translated(stream, howOf(from, to), () => 5);
      assert.match(so.gathered.fault ?? '', fault, stream);
      assert.match(text, /error|failed/, stream);
    }
  }
});

test('an answer that is too long, or of too many calls, ends', () => {
  const long = 'x'.repeat(1_048_576);
  const event = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n`;
  const words = Array(9)
    .fill(event({ content: long }))
    .join('');
  const how = howOf('openai', 'gemini');
  assert.match(translated(words, how, () => 1 << 20).so.gathered.fault ?? '', /too long/);
  const calls = Array.from({ length: 300 }, (_, index) => {
    return event({ tool_calls: [{ index, id: `c${index}`, function: { name: 'x' } }] });
  });
  assert.match(translated(calls.join(''), how, () => 4096).so.gathered.fault ?? '', /too long/);
});

test('where one call at a time was asked for, one goes on', () => {
  const parts = [
    { functionCall: { name: 'a', args: {} } },
    { functionCall: { name: 'b', args: {} } },
  ];
  const body = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
  const read = readAnswer(body, { ...howOf('gemini', 'openai'), isSingle: true });
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.parts.map((each) => fieldsIn(each)['name']),
    ['a'],
  );
});
