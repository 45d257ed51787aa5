import { sign } from 'node:crypto';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { keyId, type SinglePublicKey } from '@ioi/crypto';
import { type HeadText, operationMessage, type ProposedOperation } from '@ioi/law';
import { hashOf, requestOf, writeContract } from '@ioi/law/testing';
import type { World } from './world.ts';

export const ACCOUNTS = 4;
const FUNDS = 100;
/** Ids of notes: few, so that clients meet. */
const NOTES = 9;

export const accountClass = {
  object_class: 'Account',
  schema_version: '1.0.0',
  schema: { type: 'object', fields: { balance: { type: 'integer', min: 0 } } },
} as const;

export const noteClass = {
  object_class: 'Note',
  schema_version: '1.0.0',
  schema: { type: 'object', fields: { text: { type: 'text', max_length: 2000 } } },
} as const;

type ReadHead = { readonly version: string; readonly value: { readonly balance: number } };

/** What clients say, by seed. */
export class Operations {
  readonly #world: World;
  readonly #key: SinglePublicKey;
  #made = 0;

  constructor(world: World) {
    this.#world = world;
    const { ed25519 } = world.identity.speaker.publicKey;
    this.#key = { algorithm: 'ed25519', key: ed25519 };
  }

  over(operation: string, payload: object): ProposedOperation {
    return {
      operation_id: this.#world.newOperationId(),
      operation,
      authenticated_by: { kind: 'channel' },
      payload: payload as Record<string, unknown>,
    };
  }

  /** The key that speaks in the domains for itself. */
  principal(): ProposedOperation {
    const payload = { public_key: this.#key, operations: ['objects/*'] };
    return this.over('domain/principal.register', payload);
  }

  account(at: number): ProposedOperation {
    const value = { balance: FUNDS };
    return this.over('objects/put', { object_class: 'Account', id: `a${at}`, value });
  }

  /** An act on the node's own log: a contract, or an action that nothing allows. */
  ofNode(): ProposedOperation {
    this.#made += 1;
    if (this.#world.chance.oneIn(2)) {
      const contract = { ...writeContract, version: String(this.#made) };
      return this.over('boundary/contract.register', { contract });
    }
    return this.over('boundary/action.decide', {
      request: requestOf('fs::write', { path: '/notes/a', content: 'x' }, this.#made),
      contract_hash: hashOf(writeContract),
      facts: { target_exists: false },
      attempt: 1,
      verdict: 'BLOCK',
      isolation_tier: 'mediated',
      budget_ids: [],
    });
  }

  /** A note that is written, changed or deleted; sometimes one that cannot stand. */
  ofNotes(domain: string): ProposedOperation {
    const { chance } = this.#world;
    const note = { object_class: chance.oneIn(15) ? 'Nothing' : 'Note', id: this.noteId() };
    const text = 'x'.repeat(1 + chance.below(chance.pick([20, 1500])));
    const expected = chance.oneIn(5) ? { expected_version: String(chance.below(4)) } : {};
    const operation = chance.oneIn(6)
      ? this.over('objects/delete', { ...note, ...expected })
      : this.over('objects/put', { ...note, value: { text }, ...expected });
    return chance.oneIn(5) ? this.#signed(operation, domain) : operation;
  }

  noteId(): string {
    return `n${this.#world.chance.below(NOTES)}`;
  }

  /** From one account to the other, if nothing changed either since they were read. */
  transfer(from: HeadText, to: HeadText, size: number): ProposedOperation {
    const [payer, payee] = [from, to].map(({ value }) => JSON.parse(value ?? '{}') as ReadHead);
    const { chance } = this.#world;
    const amount = chance.below(Math.min(payer?.value.balance ?? 0, 30) + 1);
    const byVersion = chance.oneIn(2);
    const step = (head: HeadText, read: ReadHead | undefined, change: number) => ({
      action: 'patch',
      object_class: 'Account',
      id: head.id,
      patch: { balance: (read?.value.balance ?? 0) + change },
      ...(byVersion && read ? { expected_version: read.version } : {}),
    });
    const steps = [step(from, payer, -amount), step(to, payee, amount)];
    const operation = this.over('objects/transact', { steps });
    if (byVersion) return operation;
    const since = String(size - 1);
    const one = chance.oneIn(2) ? [{}] : [{ id: from.id }, { id: to.id }];
    const preconditions = one.map((each) => ({ head_class: from.headClass, ...each, since }));
    return { ...operation, preconditions };
  }

  #signed(operation: ProposedOperation, domain: string): ProposedOperation {
    const message = operationMessage(operation, this.#world.identity.logName(domain));
    if (!message.ok) throw new Error(message.error.message);
    const bytes = Buffer.concat([encodeUtf8('SIG_DOMAIN_OPERATION\0'), message.value]);
    const signature = encodeBase64(sign(null, bytes, this.#world.identity.speaker.ed25519));
    const { algorithm } = this.#key;
    return {
      ...operation,
      authenticated_by: {
        kind: 'signature',
        signature: { algorithm, key_id: keyId(this.#key), signature } as never,
      },
    };
  }
}
