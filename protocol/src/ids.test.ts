import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codes, parseCapability, parseIdentifier, schemes } from './index.ts';

const accepted = [
  'ai://sas.xyz/services/weekly-runtime-audit',
  'node://local/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f',
  'module://local/boundary/1',
  'invocation://n1/i1',
  'proposal://chain/7',
  'transition://chain/42',
  'agentgres://domain/notes',
  'file:///home/user',
  'cid://bafy',
];
const refused = [
  ['prim://fs.read', 'id.capability_as_uri'],
  ['scope://gmail.read', 'id.capability_as_uri'],
  ['node://local', 'id.malformed'],
  ['node://local/a/b', 'id.malformed'],
  ['module://local/boundary', 'id.malformed'],
  ['gopher://x', 'id.unknown_scheme'],
  ['ai://', 'id.malformed'],
  ['ai://a b', 'id.malformed'],
  ['ai://a/', 'id.malformed'],
  ['agent', 'id.malformed'],
  ['AI://x', 'id.malformed'],
] as const;

test('identifiers of the known schemes parse, others are refused by name', () => {
  for (const text of accepted) assert.ok(parseIdentifier(text).ok, text);
  for (const [text, code] of refused) {
    const parsed = parseIdentifier(text);
    assert.ok(!parsed.ok, text);
    assert.equal(parsed.error.code, code, text);
  }
});

test('the schemes of the documents are all there, once', () => {
  const all = Object.values(schemes).flat();
  assert.equal(new Set(all).size, all.length);
  for (const scheme of ['node', 'module', 'invocation', 'proposal', 'transition'] as const) {
    assert.ok(schemes.objects.includes(scheme));
  }
});

test('capabilities are a colon vocabulary and the deprecated names are rewritten', () => {
  for (const text of ['prim:fs.read', 'prim:model.invoke', 'scope:commerce.order_submit']) {
    const parsed = parseCapability(text);
    assert.ok(parsed.ok && parsed.value === text, text);
  }
  const rewritten = parseCapability('cap:input');
  assert.ok(rewritten.ok && rewritten.value === ('prim:ui.interact' as string));
  for (const text of ['prim://fs.read', 'cap:unknown', 'prim:fs', 'scope:', '', 'PRIM:fs.read']) {
    assert.equal(parseCapability(text).ok, false, text);
  }
});

test('codes are unique and in order of precedence', () => {
  const names = codes.map((entry) => entry.code);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.indexOf('policy.blocked') < names.indexOf('approval.required'));
  assert.ok(names.indexOf('approval.required') < names.indexOf('policy.allowed'));
});
