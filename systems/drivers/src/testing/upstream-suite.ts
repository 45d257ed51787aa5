import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Ask, InputRequests, Progress } from '@ioi/protocol';
import type { ToolAnswer } from '../core/answer.ts';
import { STATEFUL_VERSIONS, STATELESS_VERSIONS } from '../core/eras.ts';
import {
  type Era,
  type RequestMethod,
  type Upstream,
  type UpstreamCall,
  UpstreamFault,
} from '../shell/index.ts';

export type UpstreamSubject = {
  readonly open: () => Promise<Upstream>;
  readonly shut?: () => Promise<void>;
  /** A call whose result's first text holds the given word. */
  readonly echo: (word: string) => { tool: string; arguments: JsonObject };
  /** A call that takes about a second and reports progress. */
  readonly slow?: { tool: string; arguments: JsonObject };
  readonly era: Era;
  /** A call during which the server asks for one text, and whose result holds the answer. */
  readonly asking?: { tool: string; field: string };
  /** The address of a resource, where the server has some. */
  readonly resource?: string;
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
    testIntroduction(() => upstream, subject);
    if (subject.asking !== undefined) testAsking(() => upstream, subject.asking);
    if (subject.resource !== undefined) testResources(() => upstream, subject.resource);
    if (subject.slow !== undefined) testSlow(() => upstream, subject.slow);
    testClosing(() => upstream, subject);
  });
}

function testCalls(upstream: () => Upstream, subject: UpstreamSubject): void {
  test('tools are listed with their schemas and kept until they change', async () => {
    // A server may still announce changes when it has only just started.
    const tools = await until('the list stands', async () => {
      const before = await upstream().tools();
      return before === (await upstream().tools()) && before;
    });
    assert.ok(tools.length > 0);
    for (const tool of tools) assert.equal(tool.inputSchema['type'], 'object');
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

function testIntroduction(upstream: () => Upstream, subject: UpstreamSubject): void {
  test('the server says what it is, and lists what it has', async () => {
    const described = await upstream().describe();
    assert.equal(described.era, subject.era);
    const versions = subject.era === 'stateless' ? STATELESS_VERSIONS : STATEFUL_VERSIONS;
    assert.ok(versions.some((version) => version === described.protocolVersion));
    assert.equal(typeof described.serverInfo['name'], 'string');
    for (const kind of ['resources', 'resource_templates', 'prompts'] as const) {
      const listed = await upstream().list(kind);
      assert.equal(await upstream().list(kind), listed, kind);
      const hasAny = kind === 'prompts' ? 'prompts' : 'resources';
      assert.equal(listed.entries.length > 0, hasAny in described.capabilities, kind);
      if (subject.era === 'stateless') assert.equal(typeof listed.ttlMs, 'number');
    }
    assert.deepEqual((await upstream().list('tools')).entries, await upstream().tools());
  });
}

function testAsking(upstream: () => Upstream, asking: { tool: string; field: string }): void {
  const call = (changes: Partial<UpstreamCall>): Promise<ToolAnswer> =>
    toolCall(upstream(), { tool: asking.tool, arguments: {} }, { capabilities, ...changes });
  const capabilities = { elicitation: { form: {} } };

  test('what the server asks in the midst of a call is asked of the call', async () => {
    const asked: InputRequests[] = [];
    const ask: Ask = async (requests) => {
      asked.push(requests);
      // Longer than the call may take: time spent asking does not count.
      await new Promise((resolve) => setTimeout(resolve, 3200));
      const content = { [asking.field]: 'Ada' };
      return Object.fromEntries(
        Object.entries(requests).map(([name, { method }]) => {
          // Some servers ask for roots when they like, and so of whoever is there.
          const result = method === 'roots/list' ? { roots: [] } : { action: 'accept', content };
          return [name, { kind: 'result', result } as const];
        }),
      );
    };
    const answer = await call({ ask, timeoutMs: 3000 });
    assert.match(JSON.stringify(answer), /Ada/);
    assert.equal(answer.kind, 'result');
    const methods = asked.flatMap((each) => Object.values(each).map(({ method }) => method));
    assert.deepEqual(
      methods.filter((method) => method !== 'roots/list'),
      ['elicitation/create'],
    );
  });

  test('where nobody can be asked the server is refused by name', async () => {
    assert.match(JSON.stringify(await call({})), /Method not found: elicitation\/create/);
  });

  test('a call cancelled while the client is asked is given up at once', async () => {
    const abort = new AbortController();
    const ask: Ask = () => {
      abort.abort();
      return new Promise(() => {});
    };
    const answer = await call({ ask, signal: abort.signal });
    assert.deepEqual(answer, { kind: 'silent', silence: 'cancelled' });
  });
}

function testResources(upstream: () => Upstream, uri: string): void {
  test('resources, prompts and subscriptions are requests like calls', async () => {
    const request = (method: RequestMethod, params: JsonObject) =>
      upstream().request({ method, params, ...LIMITS });
    const read = await request('resources/read', { uri });
    assert.ok(read.kind === 'result' && Array.isArray(read.result['contents']));
    const [prompt] = (await upstream().list('prompts')).entries;
    assert.ok(prompt && typeof prompt['name'] === 'string');
    const got = await request('prompts/get', { name: prompt['name'] });
    assert.ok(got.kind === 'result' && Array.isArray(got.result['messages']));
    assert.equal((await request('resources/subscribe', { uri })).kind, 'result');
    assert.equal((await request('resources/unsubscribe', { uri })).kind, 'result');
    assert.equal((await request('logging/setLevel', { level: 'debug' })).kind, 'result');
    assert.equal((await request('resources/read', { uri: 'nowhere://x' })).kind, 'error');
    assert.equal((await request('prompts/get', { name: 'nobody' })).kind, 'error');
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
