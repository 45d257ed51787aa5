import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import { playModel } from './play-model.ts';
import type { Script } from './script.ts';

const SCRIPT: Script = {
  steps: [
    { id: 'look', kind: 'shell', command: 'ls -A' },
    { id: 'read', kind: 'mcp', tool: 'read_text_file', arguments: { path: '/a' } },
  ],
  end: 'All done.',
};

const ANY = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };

/** What an agent of one kind sends, and how it reads what comes back. */
type Kind = {
  readonly path: (isStream: boolean) => string;
  readonly tools: Fields;
  /** The conversation: calls that were made, with what they were answered. */
  readonly said: (calls: readonly Fields[]) => Fields;
  /** The call or the text of a whole answer. */
  readonly whole: (answer: Fields) => Fields;
  /** The same of a stream of events. */
  readonly streamed: (events: readonly Fields[]) => Fields;
};

const nth = (list: unknown, at = 0): Fields => fieldsOf(listOf(list)[at]);

const responses: Kind = {
  path: () => '/v1/responses',
  tools: {
    tools: [
      {
        type: 'function',
        name: 'exec_command',
        parameters: { properties: { cmd: { type: 'string' } }, required: ['cmd'] },
      },
      { type: 'web_search' },
      {
        type: 'namespace',
        name: 'mcp__ioi',
        tools: [{ type: 'function', name: 'read_text_file', parameters: ANY }],
      },
    ],
  },
  said: (calls) => ({
    input: calls.flatMap((call) => [
      call,
      { type: 'function_call_output', call_id: call['call_id'], output: 'seen' },
    ]),
  }),
  whole: ({ output }) => nth(output),
  streamed: (events) => {
    const done = events.find(({ type }) => type === 'response.output_item.done');
    assert.deepEqual(
      events.map((each) => each['sequence_number']),
      events.map((_, at) => at),
    );
    assert.equal(events.at(-1)?.['type'], 'response.completed');
    return fieldsOf(done?.['item']);
  },
};

const shellOf = (name: string): Fields => ({
  name,
  [name === 'Bash' ? 'input_schema' : 'parameters']: {
    properties: { command: { type: 'string' }, description: { type: 'string' } },
    required: ['command', 'description'],
  },
});

const chat: Kind = {
  path: () => '/v1/chat/completions',
  tools: {
    tools: [
      { type: 'function', function: shellOf('bash') },
      { type: 'function', function: { name: 'ioi_read_text_file', parameters: ANY } },
    ],
  },
  said: (calls) => ({
    messages: calls.flatMap((call) => [
      { role: 'assistant', tool_calls: call['tool_calls'] },
      { role: 'tool', tool_call_id: nth(call['tool_calls'])['id'], content: 'seen' },
    ]),
  }),
  whole: ({ choices }) => fieldsOf(nth(choices)['message']),
  streamed: (events) => fieldsOf(nth(events[0]?.['choices'])['delta']),
};

const messages: Kind = {
  path: () => '/v1/messages?beta=true',
  tools: { tools: [shellOf('Bash'), { name: 'mcp__ioi__read_text_file', input_schema: ANY }] },
  said: (calls) => ({
    messages: calls.flatMap((call) => [
      { role: 'assistant', content: [call] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: call['id'],
            content: [{ type: 'text', text: 'seen' }],
          },
        ],
      },
    ]),
  }),
  whole: ({ content }) => nth(content),
  streamed: (events) => {
    const block = fieldsOf(events[1]?.['content_block']);
    const delta = fieldsOf(events[2]?.['delta']);
    assert.equal(events.at(-1)?.['type'], 'message_stop');
    if (block['type'] === 'text') return { ...block, text: delta['text'] };
    return { ...block, input: JSON.parse(textOf(delta['partial_json'])) };
  },
};

const gemini: Kind = {
  path: (isStream) => {
    const verb = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return `/v1beta/models/gemini-2.5-pro:${verb}`;
  },
  tools: {
    tools: [
      { functionDeclarations: [shellOf('run_shell_command')] },
      {
        functionDeclarations: [{ name: 'mcp_ioi_read_text_file', parametersJsonSchema: ANY }],
      },
    ],
  },
  said: (calls) => ({
    contents: calls.flatMap((call) => [
      { role: 'model', parts: [call] },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              id: fieldsOf(call['functionCall'])['id'],
              response: { output: 'seen' },
            },
          },
        ],
      },
    ]),
  }),
  whole: ({ candidates }) => nth(fieldsOf(nth(candidates)['content'])['parts']),
  streamed: (events) => gemini.whole(events[0] ?? {}),
};

const KINDS = { responses, chat, messages, gemini };

function ask(kind: Kind, calls: readonly Fields[], isStream: boolean) {
  const body = { model: 'm', stream: isStream, ...kind.tools, ...kind.said(calls) };
  const played = playModel(SCRIPT, { method: 'POST', path: kind.path(isStream), body });
  const { status, contentType, body: text } = played.answer;
  assert.equal(status, 200);
  assert.equal(contentType, isStream ? 'text/event-stream' : 'application/json');
  const item = isStream ? kind.streamed(eventsIn(text)) : kind.whole(JSON.parse(text));
  return { item, results: played.asked?.results };
}

function eventsIn(text: string): Fields[] {
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)) as Fields);
}

test('a script is played to its end in each format, whole and streamed', () => {
  for (const kind of Object.values(KINDS)) {
    for (const isStream of [false, true]) {
      const first = ask(kind, [], isStream).item;
      assert.match(JSON.stringify(first), /ls -A/);
      const second = ask(kind, [first], isStream);
      assert.match(JSON.stringify(second.item), /read_text_file/);
      assert.match(JSON.stringify(second.item), /"?path\\*":\\*"\/a/);
      assert.deepEqual([...(second.results?.keys() ?? [])], ['look']);
      assert.match(second.results?.get('look') ?? '', /seen/);
      const last = ask(kind, [first, second.item], isStream);
      assert.match(JSON.stringify(last.item), /All done\./);
      assert.deepEqual([...(last.results?.keys() ?? [])], ['look', 'read']);
    }
  }
});

test('a tool of a server is called in its namespace', () => {
  const { item } = ask(responses, [{ type: 'function_call', call_id: 'look' }], false);
  assert.deepEqual([item['name'], item['namespace']], ['read_text_file', 'mcp__ioi']);
});

test('what is required beside the command is filled in, and words stand as words', () => {
  const shell = (parameters: object) => {
    const tools = [{ type: 'function', name: 'shell', parameters }];
    const request = { method: 'POST', path: '/v1/responses', body: { tools } };
    const [call] = JSON.parse(playModel(SCRIPT, request).answer.body).output;
    return JSON.parse(call.arguments);
  };
  const words = { command: { type: 'array', items: { type: 'string' } } };
  assert.deepEqual(shell({ properties: words }), { command: ['sh', '-c', 'ls -A'] });
  const more = { why: { type: 'string', enum: ['a', 'b'] }, wait: { type: 'number' } };
  const properties = { command: { type: 'string' }, ...more };
  assert.deepEqual(shell({ properties, required: ['command', 'why', 'wait'] }), {
    command: 'ls -A',
    why: 'a',
    wait: 1,
  });
});

test('steps without their tool are left out, and where nothing is offered it says its end', () => {
  const body = { tools: [{ name: 'mcp__ioi__read_text_file', input_schema: ANY }] };
  const request = { method: 'POST', path: '/v1/messages', body };
  assert.match(playModel(SCRIPT, request).answer.body, /"id":"read"/);
  const title = playModel(SCRIPT, { ...request, body: {} });
  assert.match(title.answer.body, /All done\./);
});

test('a tool that comes late is waited for, and not for ever', () => {
  const bash = { name: 'Bash', input_schema: { properties: { command: { type: 'string' } } } };
  const read = { name: 'mcp__ioi__read_text_file', input_schema: ANY };
  const turn = (tools: readonly Fields[], ids: readonly string[]) => {
    const content = ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: '' }));
    const request = { tools, messages: [{ role: 'user', content }] };
    const asked = { method: 'POST', path: '/v1/messages', body: request };
    return nth(JSON.parse(playModel(SCRIPT, asked).answer.body).content);
  };
  const done = ['look'];
  for (let call = turn([bash], done); call['type'] === 'tool_use'; call = turn([bash], done)) {
    assert.match(JSON.stringify(call['input']), /sleep/);
    done.push(textOf(call['id']));
    assert.ok(done.length < 100);
  }
  assert.ok(done.length > 10);
  assert.equal(turn([bash, read], done.slice(0, 3))['id'], 'read');
});

test('what is no question to a model is refused, and nothing that comes makes it fail', () => {
  for (const [method, path] of [
    ['GET', '/v1/responses'],
    ['POST', '/v1/embeddings'],
    ['POST', '/v1beta/models/x:countTokens'],
  ] as const) {
    const { answer, asked } = playModel(SCRIPT, { method, path, body: {} });
    assert.equal(answer.status, 404);
    assert.equal(asked, undefined);
  }
  for (const kind of Object.values(KINDS)) {
    for (const body of [undefined, null, 7, 'x', [], { tools: 1, input: {}, messages: [null] }]) {
      const request = { method: 'POST', path: kind.path(true), body };
      assert.match(playModel(SCRIPT, request).answer.body, /All done\./);
    }
  }
});
