import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from './fields.ts';
import { readQuestion, type Spoken, writeQuestion } from './questions.ts';

const USER = { role: 'user', content: 'Hi' };
const CHAT = { model: 'm', messages: [USER] };
const RESPONSES = { model: 'm', input: 'Hi' };
const MESSAGES = { model: 'm', max_tokens: 9, messages: [USER] };
const GEMINI = { contents: [{ parts: [{ text: 'Hi' }] }] };
const PNG = { mimeType: 'image/png', data: 'iVBORw0KGgo=' };

/** Why it cannot be put to the other. */
function why(from: Spoken, asked: Fields, to: Spoken): string {
  const read = readQuestion(from, asked);
  if (!read.ok) return read.error;
  const written = writeQuestion(to, read.value.question);
  return written.ok ? '' : written.error;
}

function nested(depth: number): unknown {
  return depth === 0 ? {} : { a: nested(depth - 1) };
}

const search = { type: 'web_search_20250305', name: 'web_search' };
const tool = (name: string, more = {}) => ({ type: 'function', function: { name, ...more } });
const parts = (...all: readonly object[]) => ({ contents: [{ parts: all }] });

const PICTURE = { url: `data:${PNG.mimeType};base64,${PNG.data}` };
const said = (part: object) => ({ ...CHAT, messages: [{ role: 'user', content: [part] }] });
const input = (part: object) => ({ ...RESPONSES, input: [{ role: 'user', content: [part] }] });
const called = (more: object) => {
  const call = { id: 'c', type: 'function', function: { name: 'a', arguments: '{}' }, ...more };
  return { ...CHAT, messages: [USER, { role: 'assistant', content: null, tool_calls: [call] }] };
};

const CASES: readonly (readonly [Spoken, Fields, Spoken, RegExp])[] = [
  ['openai', { ...CHAT, n: 2 }, 'anthropic', /^n, more answers/],
  ['openai', { ...CHAT, logprobs: true }, 'gemini', /^logprobs has/],
  ['openai', { ...CHAT, logit_bias: { 5: 1 } }, 'gemini', /^logit_bias/],
  ['openai', { ...CHAT, brand_new: 1 }, 'gemini', /^brand_new/],
  ['openai', { ...CHAT, seed: 5 }, 'anthropic', /^seed has no words in anthropic/],
  ['openai', { ...CHAT, presence_penalty: 1 }, 'openai-responses', /^presence_penalty/],
  ['openai', { ...CHAT, stop: 'x' }, 'openai-responses', /ends an answer/],
  ['openai', { ...CHAT, temperature: 1.5 }, 'anthropic', /temperature over 1/],
  ['openai', { ...CHAT, temperature: 'hot' }, 'anthropic', /no number/],
  ['openai', { ...CHAT, response_format: { type: 'json_object' } }, 'anthropic', /of no schema/],
  ['openai', { ...CHAT, tools: [tool('a', { strict: true })] }, 'gemini', /strict/],
  ['openai', { ...CHAT, tools: [tool('a b')] }, 'anthropic', /a tool by the name a b/],
  [
    'openai',
    { ...CHAT, tool_choice: { type: 'function', function: { name: 'x' } } },
    'gemini',
    /not among/,
  ],
  ['openai', { model: 'm', messages: [] }, 'anthropic', /no words/],
  [
    'openai',
    { ...CHAT, messages: [USER, { role: 'assistant', content: 'I' }] },
    'gemini',
    /gone on with/,
  ],
  ['openai', { ...CHAT, messages: [{ ...USER, name: 'Ann' }] }, 'anthropic', /messages\/0 name/],
  [
    'openai',
    { ...CHAT, messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] },
    'gemini',
    /not made/,
  ],
  ['openai', said({ type: 'text', text: 'Hi', brand_new: 1 }), 'anthropic', /text\/brand_new/],
  ['openai', said({ type: 'image_url', image_url: PICTURE, x: 1 }), 'anthropic', /image_url\/x/],
  ['openai', said({ type: 'image_url', image_url: { ...PICTURE, crop: 1 } }), 'gemini', /\/crop/],
  ['openai', called({ brand_new: 1 }), 'anthropic', /messages\/1 tool_calls\/brand_new/],
  ['openai-responses', input({ type: 'input_text', text: 'Hi', x: 1 }), 'openai', /input_text\/x/],
  [
    'openai-responses',
    input({ type: 'input_image', image_url: PICTURE.url, file_id: 'f' }),
    'anthropic',
    /input_image\/file_id/,
  ],
  ['openai', { ...CHAT, metadata: nested(100) }, 'anthropic', /nested/],
  [
    'openai-responses',
    { ...RESPONSES, previous_response_id: 'r' },
    'openai',
    /^previous_response_id/,
  ],
  ['openai-responses', { ...RESPONSES, background: true }, 'openai', /^background/],
  ['openai-responses', { ...RESPONSES, truncation: 'auto' }, 'openai', /^truncation/],
  [
    'openai-responses',
    { ...RESPONSES, tools: [{ type: 'web_search' }] },
    'openai',
    /web_search, which its/,
  ],
  [
    'openai-responses',
    { ...RESPONSES, input: [{ type: 'item_reference', id: 'x' }] },
    'openai',
    /item_ref/,
  ],
  ['anthropic', { ...MESSAGES, tools: [search] }, 'openai', /tools\/0 web_search_20250305, which/],
  ['anthropic', { ...MESSAGES, mcp_servers: [{}] }, 'openai', /^mcp_servers/],
  [
    'anthropic',
    { ...MESSAGES, messages: [{ role: 'user', content: [{ type: 'document' }] }] },
    'openai',
    /document/,
  ],
  ['gemini', { ...GEMINI, cachedContent: 'c' }, 'openai', /^cachedContent/],
  ['gemini', { ...GEMINI, safetySettings: [{}] }, 'openai', /^safetySettings/],
  ['gemini', { ...GEMINI, tools: [{ googleSearch: {} }] }, 'openai', /googleSearch, which/],
  ['gemini', parts({ fileData: { fileUri: 'x' } }), 'openai', /fileData/],
  [
    'gemini',
    parts({ inlineData: { ...PNG, mimeType: 'application/pdf' } }),
    'openai',
    /inlineData/,
  ],
  ['gemini', parts({ functionResponse: { name: 'x', response: {} } }), 'openai', /not made/],
];

test('what has no words elsewhere is refused by its name', () => {
  for (const [from, asked, to, expected] of CASES) {
    assert.match(
      why(from, asked, to),
      expected,
      `${from} ${to} ${JSON.stringify(asked).slice(0, 200)}`,
    );
  }
});

test('hints that say nothing of an answer are left out', () => {
  const marked = [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }];
  const hints: readonly (readonly [Spoken, Fields])[] = [
    ['openai', { ...CHAT, user: 'u', store: true, metadata: { a: 'b' }, service_tier: 'auto' }],
    ['openai', { ...CHAT, n: 1, presence_penalty: 0, logit_bias: null, prompt_cache_key: 'k' }],
    [
      'openai-responses',
      { ...RESPONSES, include: ['reasoning.encrypted_content'], client_metadata: {}, store: false },
    ],
    ['openai-responses', { ...RESPONSES, input: [{ type: 'reasoning', summary: [] }, USER] }],
    ['openai', { ...CHAT, messages: [{ role: 'user', content: marked }] }],
    ['anthropic', { ...MESSAGES, messages: [{ role: 'user', content: marked }], top_k: 5 }],
    [
      'anthropic',
      { ...MESSAGES, thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    ],
    ['gemini', { ...GEMINI, generationConfig: { topK: 64, thinkingConfig: {} } }],
    ['gemini', parts({ text: 'Hm', thought: true }, { text: 'Hi', thoughtSignature: 's' })],
  ];
  for (const [from, asked] of hints) {
    const read = readQuestion(from, asked);
    assert.ok(read.ok, `${from} ${JSON.stringify(read)}`);
    const plain = writeQuestion('openai', read.value.question);
    assert.ok(plain.ok, `${from} ${JSON.stringify(plain)}`);
    assert.deepEqual(plain.value['messages'], [USER], from);
  }
});

test('tools of a namespace, and those that take a text, have names and schemas elsewhere', () => {
  const inner = { type: 'function', name: 'look', parameters: { type: 'object' } };
  const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };
  const tools = [
    { type: 'namespace', name: 'mcp__files', description: 'Files.', tools: [inner] },
    { type: 'custom', name: 'apply_patch', description: 'Edits.', format: grammar },
  ];
  const input = [
    { role: 'user', content: 'Hi' },
    { type: 'custom_tool_call', call_id: 'c1', name: 'apply_patch', input: 'a' },
    { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' },
  ];
  const read = readQuestion('openai-responses', { model: 'm', tools, input });
  assert.ok(read.ok, JSON.stringify(read));
  const { question, manner } = read.value;
  assert.deepEqual(
    question.tools.map(({ name }) => name),
    ['mcp__files__look', 'apply_patch'],
  );
  assert.match(question.tools[1]?.description ?? '', /start: "x"/);
  const namespace = 'mcp__files';
  assert.deepEqual(manner.tools.get('mcp__files__look'), { name: 'look', namespace });
  const twice = [...tools, { ...inner, name: 'mcp__files__look' }];
  assert.ok(!readQuestion('openai-responses', { model: 'm', tools: twice, input }).ok);
});

test('ids that not every server takes are replaced, the same each time', () => {
  const id = 'a call/with: signs';
  const call = { id, type: 'function', function: { name: 'look', arguments: '{}' } };
  const messages = [
    USER,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: 'seen' },
  ];
  const read = readQuestion('openai', { model: 'm', messages });
  assert.ok(read.ok);
  const written = JSON.stringify(writeQuestion('anthropic', read.value.question));
  const [, used] = /"tool_use","id":"([A-Za-z0-9_-]{1,40})"/.exec(written) ?? [];
  assert.ok(used !== undefined && written.includes(`"tool_use_id":"${used}"`), written);
});
