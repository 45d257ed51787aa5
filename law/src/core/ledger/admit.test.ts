import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '@ioi/basis';
import type { Module } from '@ioi/protocol';
import { readEntry, richLog, smallLog, TestNode } from '../../testing/index.ts';
import { type AdmitContext, admit, foldEntry, type Modules, stampOf } from './admit.ts';
import { COMMIT_OPERATION, DOMAIN_MODULE_HASH } from './entry.ts';
import { emptyView, HeadMap } from './heads.ts';

const none = { payload: () => undefined };

function contextOf(modules: Modules): AdmitContext {
  const at = { seq: 0n, height: 0n, chainTime: 1n };
  const authenticate = () => ok({ kind: 'channel' as const });
  return { modules, view: emptyView, evidence: none, authenticate, at };
}

function toyModule(change: Partial<Module<object>>): Modules {
  const toy: Module<object> = {
    name: 'toy',
    version: '1',
    moduleHash: DOMAIN_MODULE_HASH,
    classes: {},
    operations: {
      poke: {
        authors: ['channel'],
        accepts: (payload) => JSON.stringify(payload) === '{}',
        reads: () => [],
        needs: () => [],
        decide: () => ok([{ type: 'poked' }]),
      },
    },
    touches: () => [],
    evolve: () => [],
    ...change,
  };
  return new Map([['toy', toy]]);
}

const poke = {
  operation_id: `op_${'0'.repeat(32)}`,
  operation: 'toy/poke',
  authenticated_by: { kind: 'channel' as const },
  payload: {},
};

test('the same operation on the same heads gives the same bytes and changes', () => {
  const { node } = smallLog();
  const proposed = node.propose('action.refuse', {
    raw_hash: DOMAIN_MODULE_HASH,
    agent_id: 'agent://test/mcp',
    code: 'request.invalid',
    isolation_tier: 'mediated',
  });
  const [first, second] = [node.tryAdmit(proposed), node.tryAdmit(proposed)];
  assert.ok(first.ok && second.ok);
  assert.deepEqual(first.value, second.value);
});

test('folding the events of an entry changes the heads as admitting it did', () => {
  const { node } = richLog();
  const [replayed, folded] = [new HeadMap(), new HeadMap()];
  for (const text of node.texts) {
    const { entry } = readEntry(text);
    if (entry.operation === COMMIT_OPERATION) continue;
    const { modules, evidence, authenticate } = node;
    const context = { modules, view: replayed, evidence, authenticate };
    const again = admit(entry, { ...context, at: stampOf(entry) });
    assert.ok(again.ok && again.value.text === text, entry.seq);
    replayed.apply(again.value.changes);
    const changes = foldEntry(entry, node.modules, folded);
    assert.ok(changes.ok);
    folded.apply(changes.value);
    assert.deepEqual(changes.value, again.value.changes);
  }
});

test('an operation that reads what it did not declare is stopped', () => {
  const { poke: named } = toyModule({}).get('toy')?.operations ?? {};
  assert.ok(named);
  const greedy = toyModule({
    operations: {
      poke: {
        ...named,
        decide: (_payload, { view }) => {
          view.get({ headClass: 'secret', id: 'x' });
          return ok([]);
        },
      },
    },
  });
  assert.throws(() => admit(poke, contextOf(greedy)), /undeclared read of secret\/x/);
});

test('an event that changes what it does not touch is stopped', () => {
  const greedy = toyModule({
    evolve: (view) => [{ key: pokeKey, value: view.get(pokeKey) }],
  });
  assert.throws(() => admit(poke, contextOf(greedy)), /undeclared read of toy\/x/);
});

const pokeKey = { headClass: 'toy', id: 'x' };

test('unknown operations and payloads of another shape are refused', () => {
  const refused = (operation: string, payload: Record<string, unknown> = {}) => {
    const result = admit({ ...poke, operation, payload }, contextOf(toyModule({})));
    return result.ok ? 'admitted' : result.error.code;
  };
  assert.equal(refused('toy/poke'), 'admitted');
  assert.equal(refused('toy/other'), 'operation.unknown');
  assert.equal(refused('other/poke'), 'operation.unknown');
  assert.equal(refused('toy/constructor'), 'operation.unknown');
  assert.equal(refused('toy/poke', { more: 1 }), 'operation.invalid_payload');
});

test('a precondition counts on what is in the log: one on a later entry is refused', () => {
  const at = { seq: 7n, height: 1n, chainTime: 1n };
  const context = { ...contextOf(toyModule({})), at };
  const since = (seq: string) => {
    const preconditions = [{ head_class: 'toy', since: seq }];
    const result = admit({ ...poke, preconditions }, context);
    return result.ok ? 'admitted' : result.error.code;
  };
  assert.equal(since('6'), 'admitted');
  assert.equal(since('7'), 'precondition.failed');
  assert.equal(since('18446744073709551615'), 'precondition.failed');
});

test('an entry is stamped with its place, its time and the module that decided', () => {
  const node = new TestNode();
  const entry = node.seal(
    node.propose('action.refuse', {
      raw_hash: DOMAIN_MODULE_HASH,
      agent_id: 'agent://test/mcp',
      code: 'request.invalid',
      isolation_tier: 'mediated',
    }),
  );
  const boundary = node.genesis.modules.find(({ name }) => name === 'boundary');
  assert.deepEqual(
    [entry.seq, entry.height, entry.chain_time, entry.module_hash],
    ['2', '1', String(node.chainTime), boundary?.module_hash],
  );
});
