import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import type { ModelCandidate, Translation } from '@ioi/law';
import type { ReplyHead } from '@ioi/protocol';
import { PassedAnswer } from './passed-answer.ts';

const OPENAI: ModelCandidate = { provider: 'openai', model: 'far', url: 'http://127.0.0.1:1' };
const SSE = [['content-type', 'text/event-stream']] as const;
const JSON_TYPE = [['content-type', 'application/json']] as const;

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (delta: object, finish_reason?: string): string =>
  event({ model: 'far-1', choices: [{ delta, ...(finish_reason && { finish_reason }) }] });
const USAGE = event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } });
const HEAD = delta({ role: 'assistant', content: '' });

type Taking = { status?: number; candidate?: ModelCandidate; how?: Translation };

async function taken(
  pieces: Iterable<string>,
  headers: ReplyHead['headers'] = SSE,
  { status = 200, candidate = OPENAI, how }: Taking = {},
) {
  const heads: ReplyHead[] = [];
  let text = '';
  const answer = new PassedAnswer((head) => {
    heads.push(head);
    const write = async (chunk: Uint8Array): Promise<void> => {
      text += Buffer.from(chunk).toString();
    };
    return { write };
  });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const each of pieces) {
      if (each === 'cut') throw new Error('cut');
      yield encodeUtf8(each);
    }
  }
  const became = await answer.take(candidate, { status, headers, chunks: chunks() }, how);
  return { became, heads, text, passed: answer.passed };
}

test('a stream goes on byte by byte, calls of tools too, and its tokens are read', async () => {
  const call = delta({ tool_calls: [{ function: { name: 'sh', arguments: '{}' } }] });
  const all = [HEAD, call, delta({}, 'tool_calls'), USAGE, 'data: [DONE]\n\n'];
  const { became, text, heads, passed } = await taken(all, [...SSE, ['set-cookie', 'a=b']]);
  assert.equal(text, all.join(''));
  assert.ok(became.kind === 'answered', JSON.stringify(became));
  assert.deepEqual(became.usage, { input_tokens: 5, output_tokens: 2 });
  assert.equal(became.model, 'far-1');
  assert.deepEqual(heads, [{ status: 200, headers: SSE }]);
  assert.equal(passed?.response_body?.data, text);
});

test('a refusal before a word goes on to nobody; one in the midst is on record', async () => {
  const refused = await taken([HEAD, delta({}, 'content_filter'), 'data: [DONE]\n\n']);
  assert.deepEqual([refused.became.kind, refused.text], ['policy', '']);
  const late = await taken([delta({ content: 'I ' }), delta({}, 'content_filter'), USAGE]);
  assert.ok(late.became.kind === 'answered' && late.became.usage.input_tokens === 5);
  assert.equal(late.passed?.end, 'content_filter');
  assert.match(late.text, /content_filter/);
});

test('what breaks off is broken, and garbage is none: it goes on to nobody', async () => {
  const broken = await taken([delta({ content: 'I ' }), USAGE, 'cut']);
  assert.ok(broken.became.kind === 'broken', JSON.stringify(broken.became));
  assert.equal(broken.became.usage.output_tokens, 2);
  for (const pieces of [['data: {nonsense\n\n'], ['<html>'], [': nothing\n'], ['cut'], []]) {
    const { became, text } = await taken(pieces);
    assert.deepEqual([became.kind, text], ['failed', ''], pieces.join());
  }
  const fault = await taken([HEAD, event({ error: { message: 'no room' } })]);
  assert.ok(fault.became.kind === 'failed' && fault.became.why === 'no room');
  const whole = await taken(['<html>'], JSON_TYPE);
  assert.deepEqual([whole.became.kind, whole.text], ['failed', '']);
});

test('a server that leads elsewhere is not followed, nor is the program told where', async () => {
  const { became, heads } = await taken([''], [['location', 'https://elsewhere.example']], {
    status: 302,
  });
  assert.deepEqual([became.kind, heads], ['failed', []]);
});

test('what a server says against it goes on as it is, but a refusal by policy', async () => {
  const error = (type: string) => JSON.stringify({ error: { type, message: 'no' } });
  const busy = await taken([error('rate_limited')], [...JSON_TYPE, ['retry-after', '3']], {
    status: 429,
  });
  assert.ok(busy.became.kind === 'failed' && busy.text === error('rate_limited'));
  assert.equal(busy.heads[0]?.status, 429);
  const policy = await taken([error('content_policy_violation')], JSON_TYPE, { status: 400 });
  assert.deepEqual([policy.became.kind, policy.text], ['policy', '']);
});

test('a stream without an end, or without a first word, is ended', async () => {
  function* endless(piece: string): Generator<string> {
    for (;;) yield piece;
  }
  const big = `: ${'x'.repeat(1_048_576)}\n`;
  const silent = await taken(endless(big));
  assert.deepEqual([silent.became.kind, silent.text], ['failed', '']);
  const line = await taken(endless('x'.repeat(1_048_576)));
  assert.deepEqual([line.became.kind, line.text], ['failed', '']);
  const long = await taken(endless('x'.repeat(1_048_576)), JSON_TYPE);
  assert.deepEqual([long.became.kind, long.text], ['failed', '']);
});

test('a long line in many small pieces is read once', async () => {
  const pieces = Array<string>(60_000).fill('x'.repeat(64));
  const { user, system } = process.cpuUsage();
  const all = [': ', ...pieces, '\n', HEAD, USAGE, 'data: [DONE]\n\n'];
  const { became } = await taken(all);
  const after = process.cpuUsage();
  assert.equal(became.kind, 'answered');
  const took = (after.user + after.system - user - system) / 1000;
  assert.ok(took < 5000, `${took} ms`);
});

test('a word that ends lines elsewhere ends none of an event', async () => {
  const content = 'a\u2028b';
  const { became, passed } = await taken([delta({ content }, 'content_filter'), USAGE]);
  assert.deepEqual([became.kind, passed], ['policy', undefined]);
});

test('what came from a cache was read, and what was thought was given', async () => {
  const anthropic = { ...OPENAI, provider: 'anthropic' } as const;
  const usage = { input_tokens: 3, cache_read_input_tokens: 40, cache_creation_input_tokens: 5 };
  const pieces = [
    event({ type: 'message_start', message: { model: 'c', usage } }),
    event({ type: 'content_block_delta', delta: { text: 'hi' } }),
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 7 },
    }),
    event({ type: 'message_stop' }),
  ];
  const { became } = await taken(pieces, SSE, { candidate: anthropic });
  assert.ok(became.kind === 'answered');
  assert.deepEqual(became.usage, { input_tokens: 48, output_tokens: 7 });
  const counts = { promptTokenCount: 9, candidatesTokenCount: 2, thoughtsTokenCount: 30 };
  const gemini = { candidates: [{ content: {}, finishReason: 'STOP' }], usageMetadata: counts };
  const thought = await taken([JSON.stringify(gemini)], JSON_TYPE, {
    candidate: { ...OPENAI, provider: 'gemini' },
  });
  assert.ok(thought.became.kind === 'answered' && thought.became.usage.output_tokens === 32);
});

const HOW: Translation = {
  ...{ from: 'openai', to: 'anthropic', isSingle: false, salt: 'salt', isStreamed: true },
  manner: { tellsUsage: true, tools: new Map() },
};

test('what is translated ends by name, before a word or after it', async () => {
  const told = (pieces: readonly string[], status = 200, headers = SSE as ReplyHead['headers']) =>
    taken(pieces, headers, { status, how: HOW });
  const good = await told([HEAD, delta({ content: 'Hi' }), delta({}, 'stop'), USAGE]);
  assert.ok(good.became.kind === 'answered', JSON.stringify(good.became));
  assert.match(good.text, /message_start[\s\S]*text_delta","text":"Hi"[\s\S]*message_stop/);
  assert.equal(good.passed?.response_body?.data, good.text);
  const call = delta({ tool_calls: [{ index: 1, function: { name: 'sh' } }] });
  const back = delta({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] });
  for (const pieces of [
    [delta({ content: 'Hi' }), 'data: {x\n\n'],
    [call, back],
    [HEAD, call],
  ]) {
    const { became, text } = await told(pieces);
    assert.equal(became.kind, 'broken', JSON.stringify(became));
    assert.match(text, /event: error\ndata: \{"type":"error"/);
  }
  const first = await told(['data: {x\n\n']);
  assert.deepEqual([first.became.kind, first.text], ['failed', '']);
  const whole = await told([JSON.stringify({ choices: [{ message: {} }] })], 200, JSON_TYPE);
  assert.deepEqual([whole.became.kind, whole.text], ['failed', '']);
});

test('a receipt has what the program heard, not what a server said in other words', async () => {
  const choices = [{ message: { content: 'Hi' }, finish_reason: 'stop' }];
  const server = JSON.stringify({ id: 'a', model: 'm', choices });
  const whole = await taken([server], JSON_TYPE, { how: { ...HOW, isStreamed: false } });
  assert.equal(JSON.parse(whole.text).content[0].text, 'Hi');
  const error = JSON.stringify({ error: { type: 'rate_limited', message: 'slow down' } });
  const against = await taken([error], JSON_TYPE, { status: 429, how: HOW });
  for (const { text, passed } of [whole, against]) {
    const digest = createHash('sha256').update(text).digest('hex');
    assert.deepEqual(
      [passed?.response_body?.data, passed?.response_cid],
      [text, `sha256:${digest}`],
    );
    assert.equal(passed?.response_bytes, Buffer.byteLength(text));
  }
});

test('what a server says against it is said in the words of the program', async () => {
  const error = JSON.stringify({ error: { type: 'rate_limited', message: 'slow down' } });
  const headers = [...JSON_TYPE, ['retry-after', '3']] as const;
  const busy = await taken([error], headers, { status: 429, how: HOW });
  assert.deepEqual(JSON.parse(busy.text), {
    ...{ type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
  });
  assert.deepEqual([busy.heads[0]?.status, busy.heads[0]?.headers], [429, headers]);
  const over = await taken(['<html>'], JSON_TYPE, { status: 503, how: HOW });
  assert.equal(over.heads[0]?.status, 529);
  assert.match(over.text, /overloaded_error/);
});
