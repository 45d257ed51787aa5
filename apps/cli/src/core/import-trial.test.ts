import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, domainModules, HeadMap, keys } from '@ioi/law';
import type { StateHeads } from './archive-state.ts';
import { triedOperations } from './import-trial.ts';

const FROM = 'agentgres://domain/bank.example';
const LEDGER = 'agentgres://domain/ledger.example';

/** A domain that was written in, by the rules that any is. */
class Written {
  readonly #heads = new HeadMap();
  readonly #modules = domainModules();
  #seq = 1n;

  constructor() {
    const node = { domain_id: FROM };
    this.#heads.apply([{ key: keys.node, value: node, seq: 0n }]);
    const n = { type: 'integer', min: 0 };
    const schema = { type: 'object', fields: { n } };
    this.speak('class.define', { object_class: 'Account', schema_version: '1.0.0', schema });
  }

  speak(operation: string, payload: object): void {
    const seq = this.#seq;
    const admitted = admit(
      {
        operation_id: `op_${seq.toString(16).padStart(32, '0')}`,
        operation: `objects/${operation}`,
        authenticated_by: { kind: 'channel' },
        payload: { ...payload },
      },
      {
        ...{ modules: this.#modules, view: this.#heads },
        evidence: { payload: () => undefined },
        authenticate: () => ({ ok: true, value: { kind: 'channel' } }),
        at: { seq, height: seq, chainTime: 5000n },
      },
    );
    assert.ok(admitted.ok, admitted.ok ? '' : admitted.error.message);
    this.#heads.apply(admitted.value.changes);
    this.#seq += 1n;
  }

  invariant(id: string, mode: string, about: object = { measure: 'sum', pointer: '/n' }): void {
    const number = { aggregate: { object_class: 'Account', ...about } };
    const expression = { op: 'exists', args: [number] };
    const kind = { domain_id: FROM, invariant_type: 'settlement', mode };
    this.speak('invariant.define', { invariant_id: id, ...kind, expression });
  }

  get state(): StateHeads {
    const state = new Map<string, Map<string, string>>();
    for (const name of [
      'node',
      'class',
      'constraint',
      'invariant',
      'reference',
      'object.Account',
    ]) {
      const held = this.#heads.list(name);
      state.set(name, new Map(held.map(({ key, value }) => [key.id, JSON.stringify(value)])));
    }
    return state;
  }
}

const tried = (state: StateHeads, domainId = 'agentgres://domain/again.example') =>
  triedOperations({ domainId }, state, 5000n);

test('as many statements as a class takes are made again, those of no force first', () => {
  const bank = new Written();
  bank.invariant('inv_z', 'record');
  for (let at = 10; at < 26; at += 1) bank.invariant(`inv_${at}`, 'enforce');
  bank.speak('put', { object_class: 'Account', id: 'a', value: { n: 1 } });
  const made = tried(bank.state);
  assert.ok(made.ok, made.ok ? '' : made.error.message);
});

test('what would be refused on the way is known before the first operation', () => {
  const bank = new Written();
  bank.speak('reference.bind', {
    ...{ ref_id: 'ref_a', source_domain: FROM, target_domain: LEDGER, created_at: '1000' },
    ...{ object_class: 'Book', object_ref: `${LEDGER}/Book/b1` },
    state_root_ref: `sha256:${'4e'.repeat(32)}`,
  });
  assert.ok(tried(bank.state).ok);
  const refused = tried(bank.state, LEDGER);
  assert.equal(refused.ok || refused.error.code, 'archive.not_carried');
  assert.match(refused.ok ? '' : refused.error.message, /reference.same_domain/);
});
