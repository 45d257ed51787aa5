import { assert, BoundedMap, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { type HybridKey, signEd25519 } from '@ioi/crypto/shell';
import { type ActionHead, type ContractHead, keys, MODEL_SERVER } from '@ioi/law';
import type { PktReceiptCommit } from '@ioi/protocol';
import { type OpenDatabase, openDatabase } from '@ioi/sqlite';
import {
  type OperationAnswer,
  type OperationAsk,
  readOperationAsk,
  type SealedOperation,
} from '../core/operation-wire.ts';
import type { EdgeAsk, SecretAsked, VaultAnswer } from '../core/vault-wire.ts';
import type { Refusal } from '../core/wire.ts';
import type { Guardian } from './guardian.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS operations (
    committed_hash TEXT PRIMARY KEY, request_hash TEXT NOT NULL, state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS receipts (last INTEGER NOT NULL) STRICT;
  INSERT INTO receipts SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM receipts);
`;
/** Told for a sealed action alone, never for a connection that stays. */
const SEALED_KINDS: readonly string[] = ['basic', 'sigv4', 'webhook', 'evm_key', 'ssh_key'];
/**
 * How many are kept before those of actions that are over are thrown away; of those that were given
 * up, of which nobody says when they are over, how many are kept.
 */
const MOST_KEPT = 4096;
/** Of those that were given up the newest stay: that of their actions may not be on record yet. */
const NEWEST_GIVEN_UP = MOST_KEPT / 2;

/**
 * `answered`: its result has a receipt. `settled`: it was given up before it was leased. `ended`:
 * its grant no longer holds. `unsent`: the edge sent nothing with it.
 */
type State = 'leased' | 'answered' | 'settled' | 'ended' | 'unsent';
/** Of an action in one of these something may have happened. */
const TOLD: readonly (State | undefined)[] = ['leased', 'answered', 'ended'];
/** How long what was told is remembered, by the state of the action. */
const OPEN: readonly unknown[] = ['committed', 'effect_unknown'];

type Open = { readonly head: ActionHead; readonly contract: ContractHead['contract'] | undefined };

export type OperationDeskOptions = {
  readonly path: string;
  readonly guardian: Pick<Guardian, 'action' | 'stage' | 'status' | 'revokedGrants'>;
  readonly vault: { answer(body: unknown): VaultAnswer | Promise<VaultAnswer> };
  readonly sealKey: HybridKey;
  readonly open?: typeof openDatabase;
};

/**
 * Tells the edge the secret for one sealed action, once. Whether the action is sealed, still to be
 * done, and of this connector is seen in the guardian's own heads, not in what the edge says.
 */
export class OperationDesk {
  readonly #options: OperationDeskOptions;
  readonly #database: OpenDatabase;
  readonly #newest = new BoundedMap<string, true>(NEWEST_GIVEN_UP);
  #kept: number;
  #tidyAt = MOST_KEPT;
  /** Entries that were sealed before this life: a guardian and its edge begin and end together. */
  readonly #sealedBefore: bigint;

  constructor(options: OperationDeskOptions) {
    this.#options = options;
    const { path, guardian, open = openDatabase } = options;
    const status = guardian.status();
    assert(status.ok, 'a guardian seals the log of its node');
    this.#sealedBefore = BigInt(status.value.seal?.size ?? 0);
    this.#database = open({ path, schema: SCHEMA, format: 1, durability: 'full' });
    const counted = this.#database.one('SELECT count(*) AS count FROM operations');
    this.#kept = Number(counted?.['count']);
  }

  /** All that an edge asks; what is not about a sealed action is for the vault. */
  async answer(body: unknown): Promise<OperationAnswer | VaultAnswer> {
    const ask = readOperationAsk(body);
    if (ask === 'wrong') return refused(wrongAsk);
    if (ask === undefined) return this.#plain(body);
    switch (ask.kind) {
      case 'keys':
        return this.#keys();
      case 'lease_operation':
        return this.#lease(ask);
      case 'due_operation':
        return this.#toBeDone(ask);
      case 'commit_result':
        return this.#commit(ask);
      case 'unsent_operation':
        return { kind: 'operation', wasLeased: this.#unsent(idOf(ask)) };
      case 'settle_operation':
        return { kind: 'operation', wasLeased: this.#settle(ask.committed_hash) };
    }
  }

  /**
   * Has the edge end what runs under a grant that was taken back or ran out. To be called with
   * every revocation, and now and then for those that run out.
   */
  async endRevoked(edge: (ask: EdgeAsk) => Promise<unknown>): Promise<void> {
    const sql = "SELECT committed_hash, request_hash FROM operations WHERE state = 'leased'";
    const revoked = this.#database.all(sql).flatMap((row) => {
      const head = this.#options.guardian.action(String(row['request_hash']));
      const isOver = head?.state === 'committed' && !this.#isGranted(head);
      return isOver ? [String(row['committed_hash'])] : [];
    });
    const end = "UPDATE operations SET state = 'ended' WHERE committed_hash = ?";
    for (const id of revoked) this.#database.run(end, id);
    const hashes = new Set(revoked.map((id) => id.split(BETWEEN)[0] as string));
    const asks = [...hashes].map((committed_hash) => edge({ kind: 'ended', committed_hash }));
    await Promise.all(asks);
  }

  close(): void {
    this.#database.close();
  }

  async #plain(body: unknown): Promise<VaultAnswer> {
    const answer = await this.#options.vault.answer(body);
    if (answer.kind !== 'leased' || !SEALED_KINDS.includes(answer.item.kind)) return answer;
    const message = `${answer.item.name} is told for one sealed action at a time`;
    return refused({ code: 'credential.needs_seal', message });
  }

  #keys(): OperationAnswer {
    const status = this.#options.guardian.status();
    if (!status.ok) return refused(status.error);
    const { publicKey } = this.#options.sealKey;
    return { kind: 'keys', guardian_key: publicKey, origin: status.value.origin };
  }

  async #lease(ask: SealedOperation & SecretAsked): Promise<OperationAnswer | VaultAnswer> {
    const due = this.#due(ask);
    if (!due.ok) return refused(due.error);
    // Before it is told: a crash in between costs the action its secret, never tells it twice.
    if (!this.#take(ask, 'leased')) {
      const message = 'the secret for this action was told before; propose the action anew';
      return refused({ code: 'lease.used', message });
    }
    const { name, server, origin, committed_hash: operation } = ask;
    const id = idOf(ask);
    const told = { kind: 'lease', name, server, origin, operation };
    const answer = await this.#options.vault.answer(told);
    if (answer.kind !== 'refused') {
      return this.#stateOf(id) === 'leased' ? answer : refused(NOT_GRANTED);
    }
    // What the vault did not tell, nobody can send.
    this.#unsent(id);
    return answer;
  }

  /** Whether its secret was told, so that nobody but the edge knows that nothing happened. */
  wasTold(requestHash: string): boolean {
    const { guardian } = this.#options;
    const head = guardian.action(requestHash);
    if (head?.committed_hash === undefined) return false;
    const found = guardian.stage().view.get<ContractHead>(keys.contract(head.contract_hash));
    // A read has no effect, whatever came of it.
    return found?.contract.effect !== 'read' && this.#isTold(head.committed_hash);
  }

  /** An act of an MCP server, whose credential is leased for all that goes to it. */
  #toBeDone(ask: SealedOperation & { readonly server: string }): OperationAnswer {
    const open = this.#open(ask);
    if (!open.ok) return refused(open.error);
    const { contract, head } = open.value;
    if (contract?.server !== ask.server) {
      const message = `its contract says nothing of ${ask.server}`;
      return refused({ code: 'lease.other_server', message });
    }
    // Only the edge of that life knows whether it was sent.
    if (BigInt(head.decided_seq) < this.#sealedBefore) return refused(EARLIER_LIFE);
    return { kind: 'due' };
  }

  /** An action that the sealed log has as to be done now, and its contract. */
  #open(ask: SealedOperation): Result<Open, Refusal> {
    const { guardian } = this.#options;
    const head = guardian.action(ask.request_hash);
    if (head?.state !== 'committed' || head.committed_hash !== ask.committed_hash) {
      return err({ code: 'lease.not_sealed', message: 'no such action is sealed and to be done' });
    }
    if (!this.#isGranted(head)) return err(NOT_GRANTED);
    const found = guardian.stage().view.get<ContractHead>(keys.contract(head.contract_hash));
    return ok({ head, contract: found?.contract });
  }

  #due(ask: SealedOperation & SecretAsked): Result<void, Refusal> {
    const open = this.#open(ask);
    if (!open.ok) return open;
    const { server, secret_slots: slots = [] } = open.value.contract ?? {};
    const isPartFit = ask.part === undefined || server === MODEL_SERVER;
    if (server === ask.server && slots.includes(ask.name) && isPartFit) return ok(undefined);
    const message = `its contract says nothing of ${ask.name} at ${ask.server}`;
    return err({ code: 'lease.other_secret', message });
  }

  #isGranted({ authority }: Pick<ActionHead, 'authority'>): boolean {
    if (authority === undefined) return true;
    return this.#options.guardian.revokedGrants([authority.authority_grant_id]).length === 0;
  }

  /** Whether nobody took it before. */
  #take(operation: SealedOperation, state: State): boolean {
    const { committed_hash: whole, request_hash } = operation;
    // One that was given up is so with all its parts.
    const ids = [...new Set([whole, idOf(operation)])];
    if (ids.some((id) => this.#stateOf(id) !== undefined)) return false;
    if (this.#kept >= this.#tidyAt) this.#tidy();
    const insert = 'INSERT INTO operations VALUES (?, ?, ?)';
    this.#database.run(insert, idOf(operation), request_hash, state);
    this.#kept += 1;
    return true;
  }

  #settle(committedHash: string): boolean {
    const wasTaken = this.#partsOf(committedHash).some((state) => state !== 'settled');
    this.#take({ committed_hash: committedHash, request_hash: '' }, 'settled');
    this.#newest.set(committedHash, true);
    return wasTaken;
  }

  #unsent(id: string): boolean {
    if (this.#stateOf(id) !== 'leased') return false;
    const sql = "UPDATE operations SET state = 'unsent' WHERE committed_hash = ?";
    this.#database.run(sql, id);
    return true;
  }

  #isTold(committedHash: string): boolean {
    return this.#partsOf(committedHash).some((state) => TOLD.includes(state));
  }

  /** How it stands with an action and each of its parts. */
  #partsOf(committedHash: string): State[] {
    const within = `BETWEEN ?1 || '${BETWEEN}' AND ?1 || '${BETWEEN}9'`;
    const sql = `SELECT state FROM operations
      WHERE committed_hash = ?1 OR committed_hash ${within}`;
    return this.#database.all(sql, committedHash).map((row) => row['state'] as State);
  }

  #stateOf(id: string): State | undefined {
    const sql = 'SELECT state FROM operations WHERE committed_hash = ?';
    return this.#database.one(sql, id)?.['state'] as State | undefined;
  }

  /** What is not to be done any more needs nobody's memory that its secret was told. */
  #tidy(): void {
    const rows = this.#database.all('SELECT * FROM operations');
    const areMany = rows.filter(({ state }) => state === 'settled').length >= MOST_KEPT;
    const over = rows.filter(({ committed_hash: hash, state, request_hash: request }) => {
      if (state === 'settled') return areMany && !this.#newest.has(String(hash));
      return !OPEN.includes(this.#options.guardian.action(String(request))?.state);
    });
    // One write to the disk: whoever wants a secret waits for it.
    this.#database.transaction(() => {
      for (const { committed_hash: hash } of over) {
        this.#database.run('DELETE FROM operations WHERE committed_hash = ?', String(hash));
      }
    });
    this.#kept = rows.length - over.length;
    // What is left may be open for long: not each that comes goes through all of it again.
    this.#tidyAt = Math.max(MOST_KEPT, 2 * this.#kept);
  }

  #commit(ask: Extract<OperationAsk, { kind: 'commit_result' }>): OperationAnswer {
    if (this.#stateOf(idOf(ask)) !== 'leased') {
      const message = 'nothing was leased for it, or its result has a receipt';
      return refused({ code: 'receipt.not_due', message });
    }
    const sql = "UPDATE operations SET state = 'answered' WHERE committed_hash = ?";
    this.#database.run(sql, idOf(ask));
    return { kind: 'committed_result', receipt: this.#receipt(ask) };
  }

  /** Each receipt names the one before it; of the last one its number alone is remembered. */
  #receipt(ask: Extract<OperationAsk, { kind: 'commit_result' }>): PktReceiptCommit {
    const last = Number(this.#database.one('SELECT last FROM receipts')?.['last']);
    this.#database.run('UPDATE receipts SET last = ?', last + 1);
    const { action_result_id, result_hash, session_id } = ask;
    const receipt = {
      receipt_id: receiptId(last + 1),
      action_result_id,
      result_hash,
      prev_receipt_id: receiptId(last),
    };
    return {
      pkt_version: '1',
      packet_type: 'PKT_RECEIPT_COMMIT',
      issued_at: new Date().toISOString(),
      session_id,
      action_result_id,
      payload: { receipt: { ...receipt, signature: this.#sign({ session_id, ...receipt }) } },
    };
  }

  #sign(receipt: Readonly<Record<string, string>>): string {
    const message = canonicalBytes(receipt);
    if (!message.ok) throw new Error(message.error.message);
    const { ed25519, publicKey } = this.#options.sealKey;
    const single = { algorithm: 'ed25519', key: publicKey.ed25519 } as const;
    const signed = signEd25519(ed25519, single, {
      domain: 'SIG_DOMAIN_RECEIPT',
      message: message.value,
    });
    return `ed25519:${signed.signature}`;
  }
}

const NOT_GRANTED: Refusal = {
  code: 'lease.revoked',
  message: 'the grant this action was sealed under was taken back or ran out',
};
const EARLIER_LIFE: Refusal = {
  code: 'lease.earlier_life',
  message: 'it was sealed before this edge began and may have been sent; propose the action anew',
};
const wrongAsk = { code: 'vault.unknown_request', message: 'not a request of an edge' };

/** Between an action and the number of its part. */
const BETWEEN = '/';

/** What is remembered of it: each part of one action by itself. */
function idOf({ committed_hash, part }: Pick<SealedOperation, 'committed_hash' | 'part'>): string {
  return part === undefined ? committed_hash : `${committed_hash}${BETWEEN}${part}`;
}

function receiptId(number: number): string {
  return `rcpt_${String(number).padStart(3, '0')}`;
}

function refused(refusal: Refusal): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal };
}
