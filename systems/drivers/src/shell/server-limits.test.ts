import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToolAnswer } from '../core/answer.ts';
import { startHostile } from '../testing/real-servers.ts';
import { toolCall } from '../testing/upstream-suite.ts';
import { Patience } from './patience.ts';
import { LimitsHeld, type ServerLimits } from './server-limits.ts';

const PASSAGE = { timeoutMs: 1000, outputBytes: 1000 };

async function answers(limits: ServerLimits, ...tricks: string[]): Promise<ToolAnswer[]> {
  const upstream = startHostile(undefined, '', { limits });
  try {
    const all: ToolAnswer[] = [];
    for (const tool of tricks) all.push(await toolCall(upstream, { tool, arguments: {} }));
    return all;
  } finally {
    await upstream.close();
  }
}

test('a server is given so many acts a minute, and the next is not sent', async () => {
  const [first, second, third] = await answers({ callsPerMinute: 2 }, 'late', 'late', 'die');
  assert.deepEqual([first?.kind, second?.kind, third?.kind], ['result', 'result', 'not_sent']);
  const words =
    /upstream\.calls_per_minute: hostile is given 2 a minute; ask again in \d+ s, or give/;
  assert.match(JSON.stringify(third), words);
});

test('any sixty seconds hold no more than that', () => {
  let now = 0;
  const held = new LimitsHeld({ callsPerMinute: 3 }, 'x', () => now);
  const begun: number[] = [];
  for (; now < 300_000; now += 700) {
    if (held.begin() === undefined) begun.push(now);
  }
  for (const at of begun) {
    assert.ok(begun.filter((each) => each >= at && each < at + 60_000).length <= 3);
  }
  assert.ok(begun.length >= 14, `${begun.length}: what is over is given again`);
  assert.equal(new LimitsHeld({}, 'x').begin(), undefined);
});

test('a huge answer and one that never comes are ended by name', async () => {
  const limits = { answerBytes: 50_000, seconds: 1 };
  const all = await answers(limits, 'large', 'flood', 'never', 'late');
  const detail = (at: number) => JSON.stringify(all[at]);
  const words =
    /answer_bytes: hostile may answer with 50000 bytes; .* ioi mcp limit hostile --answer-/;
  assert.match(detail(0), words);
  assert.match(detail(0), /"output_too_large"/);
  assert.equal(all[1]?.kind, 'result', 'what is no answer is passed over');
  assert.match(detail(2), /timeout.*upstream\.seconds: hostile has 1 s for each/);
  assert.equal(all[3]?.kind, 'result', 'the session goes on');
});

test('who says again and again that it goes on has no more than the whole time', async () => {
  const patience = new Patience({ timeoutMs: 40, mostMs: 150 });
  const begun = performance.now();
  const beat = setInterval(() => patience.renew(), 10);
  const over = await new Promise((resolve) => patience.whenOver(resolve));
  clearInterval(beat);
  const took = performance.now() - begun;
  assert.equal(over, 'timeout');
  assert.ok(took >= 140, `${took} ms`);
});

test('time in which a person is asked is nobody’s, and the rest is what was left', async () => {
  const patience = new Patience({ timeoutMs: 40, mostMs: 60 });
  patience.pause();
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(patience.over, undefined);
  patience.renew();
  patience.resume();
  assert.equal(await new Promise((resolve) => patience.whenOver(resolve)), 'timeout');
});

test('a narrower contract holds, and is not told as a limit of the server', () => {
  const held = new LimitsHeld({ answerBytes: 5000, seconds: 60 }, 'x');
  assert.deepEqual(held.narrow(PASSAGE), { ...PASSAGE, mostMs: 60_000 });
  const large: ToolAnswer = { kind: 'silent', silence: 'output_too_large' };
  assert.deepEqual(held.told(large, PASSAGE), large);
});
