import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Author } from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { domainModules } from '../domain/index.ts';
import { admit, HeadMap, type MoveHead, moveKey } from '../ledger/index.ts';

const HERE = `node://local/${'1a'.repeat(16)}`;
const THERE = `node://local/${'2b'.repeat(16)}`;
const DOMAIN = 'agentgres://domain/market.example';
const move_id = `move_${'5c'.repeat(16)}`;
const begin = { move_id, to_node_id: THERE, to_domain_id: DOMAIN };
const finish = {
  move_id,
  archive_id: `arch_${'8b'.repeat(16)}`,
  archive_sha256: `sha256:${'7a'.repeat(32)}`,
};

class Domain {
  readonly heads = new HeadMap();
  #seq = 1n;

  constructor(node: object = { node_id: HERE, domain_id: DOMAIN }) {
    this.heads.apply([{ key: keys.node, value: node, seq: 0n }]);
  }

  speak(operation: string, payload: object, author: Author = { kind: 'channel' }): string {
    const seq = this.#seq;
    const admitted = admit(
      {
        operation_id: `op_${seq.toString(16).padStart(32, '0')}`,
        operation,
        authenticated_by: { kind: 'channel' },
        payload: payload as Record<string, unknown>,
      },
      {
        modules: domainModules(),
        view: this.heads,
        evidence: { payload: () => undefined },
        authenticate: () => ({ ok: true, value: author }),
        at: { seq, height: seq, chainTime: 1n },
      },
    );
    if (!admitted.ok) return admitted.error.code;
    this.heads.apply(admitted.value.changes);
    this.#seq += 1n;
    return 'admitted';
  }

  define(author?: Author): string {
    const schema = { type: 'object', fields: {} };
    const name = `Class${this.#seq}`;
    const payload = { object_class: name, schema_version: '1.0.0', schema };
    return this.speak('objects/class.define', payload, author);
  }
}

test('a domain that leaves takes nothing but the end of its move, and then nothing', () => {
  const domain = new Domain();
  assert.equal(domain.define(), 'admitted');
  assert.equal(domain.speak('move/begin', begin), 'admitted');
  const key: Author = { kind: 'key', keyId: `sha256:${'aa'.repeat(32)}` };
  for (const author of [undefined, key]) assert.equal(domain.define(author), 'domain.leaving');
  const register = { public_key: { algorithm: 'ed25519', key: 'AAAA' }, operations: ['objects/*'] };
  assert.equal(domain.speak('domain/principal.register', register), 'domain.leaving');
  assert.equal(domain.speak('move/begin', begin), 'move.under_way');
  const other = { ...finish, move_id: `move_${'00'.repeat(16)}` };
  assert.equal(domain.speak('move/finish', other), 'move.unknown');
  assert.equal(domain.speak('move/finish', finish, key), 'operation.not_authentic');
  assert.equal(domain.speak('move/finish', finish), 'admitted');
  assert.equal(domain.define(), 'domain.moved');
  assert.equal(domain.speak('move/finish', finish), 'move.finished');
  assert.equal(domain.speak('move/cancel', { move_id }), 'move.finished');
  assert.equal(domain.speak('move/begin', begin), 'move.under_way');
  const head = domain.heads.get<MoveHead>(moveKey);
  assert.deepEqual(head, { ...begin, ...finish, state: 'moved', seq: '3' });
});

test('a move that was cancelled is none, and another may be begun', () => {
  const domain = new Domain();
  assert.equal(domain.speak('move/cancel', { move_id }), 'move.unknown');
  assert.equal(domain.speak('move/begin', begin), 'admitted');
  assert.equal(domain.speak('move/cancel', { move_id }), 'admitted');
  assert.equal(domain.define(), 'admitted');
  assert.equal(domain.speak('move/finish', finish), 'move.unknown');
  assert.equal(domain.speak('move/begin', begin), 'admitted');
});

test('a domain moves to another place, and the log of a node to none', () => {
  const domain = new Domain();
  const same = { ...begin, to_node_id: HERE };
  assert.equal(domain.speak('move/begin', same), 'move.same_place');
  const renamed = { ...same, to_domain_id: 'agentgres://domain/other.example' };
  assert.equal(domain.speak('move/begin', renamed), 'admitted');
  assert.equal(new Domain({ node_id: HERE }).speak('move/begin', begin), 'move.no_domain');
});
