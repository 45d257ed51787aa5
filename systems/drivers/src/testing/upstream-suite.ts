import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Progress } from '@ioi/protocol';
import type { ToolAnswer } from '../core/answer.ts';
import { type Upstream, type UpstreamCall, UpstreamFault } from '../shell/upstream.ts';

export type UpstreamSubject = {
  readonly open: () => Promise<Upstream>;
  readonly shut?: () => Promise<void>;
  /** A call whose result's first text holds the given word. */
  readonly echo: (word: string) => { tool: string; arguments: JsonObject };
  /** A call that takes about a second and reports progress. */
  readonly slow?: { tool: string; arguments: JsonObject };
};

const LIMITS = { timeoutMs: 20_000, outputBytes: 1_000_000 };

export async function toolCall(
  upstream: Upstream,
  called: { tool: string; arguments: JsonObject },
  changes: Partial<UpstreamCall> = {},
): Promise<ToolAnswer> {
  const tool = (await upstream.tools()).find((each) => each.name === called.tool);
  assert.ok(tool, `no tool ${called.tool}`);
  return upstream.call({ tool, arguments: called.arguments, ...LIMITS, ...changes });
}

export function textOf(answer: ToolAnswer): string {
  assert.equal(answer.kind, 'result', JSON.stringify(answer));
  const { content } = (answer as { result: { content?: { text?: string }[] } }).result;
  return content?.[0]?.text ?? '';
}

/** What every implementation of `Upstream` promises, run against one real server. */
export function upstreamSuite(name: string, subject: UpstreamSubject): void {
  describe(`upstream contract: ${name}`, () => {
    let upstream: Upstream;
    before(async () => {
      upstream = await subject.open();
    });
    after(async () => {
      await upstream.close();
      await subject.shut?.();
    });
    testCalls(() => upstream, subject);
    testRefusals(() => upstream, subject);
    if (subject.slow !== undefined) testSlow(() => upstream, subject.slow);
    testClosing(() => upstream, subject);
  });
}

function testCalls(upstream: () => Upstream, subject: UpstreamSubject): void {
  test('tools are listed with their schemas and kept until they change', async () => {
    // A server may still announce changes when it has only just started.
    let tools = await upstream().tools();
    for (let tries = 0; tries < 50 && tools !== (await upstream().tools()); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      tools = await upstream().tools();
    }
    assert.ok(tools.length > 0);
    for (const tool of tools) assert.equal(tool.inputSchema['type'], 'object');
    assert.equal(await upstream().tools(), tools);
  });

  test('every one of many calls at once gets its own answer', async () => {
    const words = Array.from({ length: 40 }, (_, at) => `word-${at}-`);
    const answers = await Promise.all(
      words.map((word) => toolCall(upstream(), subject.echo(word))),
    );
    for (const [at, answer] of answers.entries()) {
      assert.ok(textOf(answer).includes(words[at] ?? ''), textOf(answer));
    }
  });

  test('text of any script survives the way there and back', async () => {
    const word = 'é–漢字–😀–\u2028–"\\';
    assert.ok(textOf(await toolCall(upstream(), subject.echo(word))).includes(word));
  });
}

function testRefusals(upstream: () => Upstream, subject: UpstreamSubject): void {
  test('an answer over the limit is named, not passed on', async () => {
    const answer = await toolCall(upstream(), subject.echo('x'), { outputBytes: 20 });
    assert.equal(answer.kind === 'silent' && answer.silence, 'output_too_large');
  });

  test('wrong arguments come back as the report of the tool', async () => {
    const called = { tool: subject.echo('x').tool, arguments: { nonsense: 1 } };
    const answer = await toolCall(upstream(), called);
    const isReported =
      answer.kind === 'error' || (answer.kind === 'result' && answer.result['isError'] === true);
    assert.ok(isReported, JSON.stringify(answer));
  });

  test('a tool of another list is not called', async () => {
    const [tool] = await upstream().tools();
    assert.ok(tool);
    const answer = await upstream().call({ tool: { ...tool }, arguments: {}, ...LIMITS });
    assert.equal(answer.kind, 'not_sent');
  });

  test('what is cancelled before it is sent is not sent', async () => {
    const signal = AbortSignal.abort();
    assert.equal((await toolCall(upstream(), subject.echo('x'), { signal })).kind, 'not_sent');
  });
}

function testSlow(upstream: () => Upstream, slow: { tool: string; arguments: JsonObject }): void {
  test('progress arrives before the answer', async () => {
    const seen: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      seen.push(progress);
    };
    assert.equal((await toolCall(upstream(), slow, { onProgress })).kind, 'result');
    assert.ok(seen.length > 0);
  });

  test('a time limit ends the waiting, not the session', async () => {
    const answer = await toolCall(upstream(), slow, { timeoutMs: 50 });
    assert.deepEqual(answer, { kind: 'silent', silence: 'timeout' });
    assert.equal(await upstream().quiet(), false);
    assert.equal((await toolCall(upstream(), slow)).kind, 'result');
  });

  test('a cancelled call is given up at once', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const answer = await toolCall(upstream(), slow, { signal: abort.signal });
    assert.deepEqual(answer, { kind: 'silent', silence: 'cancelled' });
  });
}

function testClosing(upstream: () => Upstream, subject: UpstreamSubject): void {
  test('a closed upstream sends nothing and lists nothing', async () => {
    const [tool] = await upstream().tools();
    assert.ok(tool);
    await upstream().close();
    const answer = await upstream().call({
      tool,
      ...LIMITS,
      arguments: subject.echo('x').arguments,
    });
    assert.equal(answer.kind, 'not_sent');
    await assert.rejects(upstream().tools(), UpstreamFault);
  });
}
