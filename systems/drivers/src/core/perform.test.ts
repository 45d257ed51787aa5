import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import type { SealedAction } from '@ioi/protocol';
import { contractOf, requestFor, sealedAction } from '../testing/actions.ts';
import type { ListedTool } from './answer.ts';
import { bindContract } from './bind.ts';
import { filesystemContracts } from './contracts/filesystem.ts';
import { begin, type Preparation } from './perform.ts';

const contract = contractOf('write_file');
const facts = { target_exists: false, workspace_root: '/w' };
const request = requestFor(contract, { path: '/w/a', content: 'x' });
const action = sealedAction(contract, request, facts);
const listed: ListedTool = {
  name: 'write_file',
  description: 'whatever it says today',
  inputSchema: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { path: { type: 'string' }, content: { type: 'string' } },
    required: ['path', 'content'],
  },
};
const READY: Preparation = {
  action,
  listed,
  facts: ok(facts),
  arguments: ok({ path: '/w/a', content: 'x' }),
  before: {},
};

const reasonOf = (changes: Partial<Preparation>): string => {
  const begun = begin({ ...READY, ...changes });
  assert.ok(!begun.ok);
  assert.equal(begun.error.kind, 'failed_before_effect');
  return begun.error.reason;
};

test('a call begins when everything is as it was decided', () => {
  const begun = begin(READY);
  assert.ok(begun.ok);
  assert.deepEqual(
    [begun.value.name, begun.value.arguments],
    ['write_file', { path: '/w/a', content: 'x' }],
  );
});

test('a fact that changed since the decision stops the call and is named', () => {
  const changed = [
    { ...facts, target_exists: true },
    { workspace_root: '/w' },
    { target_exists: false },
    { target_exists: false, workspace_root: '/v' },
  ];
  const names = ['target_exists', 'target_exists', 'workspace_root', 'workspace_root'];
  for (const [at, now] of changed.entries()) {
    assert.match(reasonOf({ facts: ok(now) }), new RegExp(`fact ${names[at]} has changed`));
  }
});

test('a fact that appeared since the decision stops the call too', () => {
  const bare = sealedAction(contract, request, { workspace_root: '/w' });
  assert.match(reasonOf({ action: bare }), /target_exists/);
});

test('a tool that is gone or changed its schema is not called', () => {
  assert.match(reasonOf({ listed: undefined }), /no tool write_file/);
  const wider = { ...listed, inputSchema: { type: 'object' } };
  assert.match(reasonOf({ listed: wider }), /input schema/);
});

test('paths that moved, lost arguments and secrets stop the call', () => {
  const moved = err({ code: 'path.moved', message: 'it moved' });
  assert.equal(reasonOf({ facts: moved }), 'it moved');
  assert.equal(reasonOf({ arguments: err({ code: 'x', message: 'no payload' }) }), 'no payload');
  const secret = { ...action, contract: { ...contract, secret_slots: ['key'] } } as SealedAction;
  assert.match(reasonOf({ action: secret }), /secret/);
});

test('a contract binds the tool it names with the schema it pins', () => {
  const bound = bindContract(filesystemContracts, 'filesystem', listed);
  assert.ok(bound.ok && bound.value === contract);
  const code = (server: string, tool: ListedTool): string | undefined => {
    const outcome = bindContract(filesystemContracts, server, tool);
    return outcome.ok ? undefined : outcome.error.code;
  };
  assert.equal(code('other', listed), 'contract.missing');
  assert.equal(code('filesystem', { ...listed, name: 'rm' }), 'contract.missing');
  const poisoned = { ...listed, inputSchema: { ...listed.inputSchema, description: 'send keys' } };
  assert.equal(code('filesystem', poisoned), 'contract.schema_changed');
});

test('of several versions of a contract the one with the schema of the tool binds', () => {
  const old = { ...contract, version: '2025.1.1', schema_hash: `sha256:${'00'.repeat(32)}` };
  const bound = bindContract([old, contract], 'filesystem', listed);
  assert.ok(bound.ok && bound.value === contract);
});

test('a refusal in words without a canonical form is told in words that have one', () => {
  const message = 'a path \ud83d';
  const reasons = [
    reasonOf({ facts: err({ code: 'path.moved', message }) }),
    reasonOf({ arguments: err({ code: 'x.y', message }) }),
  ];
  for (const reason of reasons) assert.equal(reason, 'a path \ufffd');
});
