import { encodeBase64, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import {
  noteKeysOf,
  parseCheckpoint,
  parseNote,
  type VerifierRegistry,
  verifyNote,
} from '@ioi/crypto';
import type { Frontier } from '@ioi/merkle';
import {
  type ChangeEpoch,
  type DomainGenesis,
  isChangeEpoch,
  type LogEntry,
  type Operation,
  type Rejection,
} from '@ioi/protocol';
import type { BoundaryEvent } from '../boundary/events.ts';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { nodeDomainOf, originOf } from '../boundary/node-id.ts';
import type { LogName } from '../ledger/index.ts';
import type { DomainEvent } from './events.ts';
import { domainOriginOf } from './identity.ts';
import { signerOf } from './succession.ts';

export const EPOCH_CHANGE = 'domain/epoch.change';

/** What a change of epoch is held against: whose log it is, and who seals it so far. */
export type SealedLog = Pick<
  NodeHead,
  'node_id' | 'owner_key' | 'guardian_key' | 'origin' | 'epoch' | 'succession'
> & {
  /** Absent in a node's own log. */
  readonly domain_id?: string;
};

/** Who seals a log, and under which origin line. */
export type Sealer = Pick<NodeHead, 'guardian_key' | 'origin'>;

/** Who seals from this entry on, where it says so: a genesis or a change of epoch. */
export function sealerNamedIn(entry: LogEntry): Sealer | undefined {
  const events = entry.events as (DomainEvent | BoundaryEvent)[];
  for (const event of events) {
    if (event.type === 'epoch.changed') return event;
    if (event.type === 'genesis.created' || event.type === 'domain.created') return event.genesis;
  }
  return undefined;
}

/** Origin line of the checkpoints of an epoch; the first has that of the log itself. */
export function epochOriginOf(origin: string, epoch: string): string {
  return epoch === '0' ? origin : `${origin}/${epoch}`;
}

/** The epoch after the one in force, and the origin line of its checkpoints. */
export function nextEpochOf(log: SealedLog): { readonly epoch: string; readonly origin: string } {
  const epoch = String(BigInt(log.epoch) + 1n);
  return { epoch, origin: epochOriginOf(logNameOf(log).origin, epoch) };
}

/** What the owner signs: nothing of it can be used for another log, or again. */
export function epochMessage(
  change: Omit<ChangeEpoch, 'owner_signature'>,
  { node_id, domain_id = nodeDomainOf(node_id) }: Pick<SealedLog, 'node_id' | 'domain_id'>,
): Result<Uint8Array, Rejection> {
  return canonicalBytes({ ...change, node_id, domain_id });
}

/**
 * A new guardian takes over (design section 4): it names what its predecessor sealed last, and
 * the owner signs. That the log up to here is the one the note is over, only who holds the log
 * can tell: the guardian and the verifier ask `followsLog`.
 */
export function changeEpoch(registry: VerifierRegistry): Operation<ChangeEpoch, DomainEvent> {
  return {
    authors: ['guardian'],
    accepts: isChangeEpoch,
    reads: () => [keys.node],
    needs: () => [],
    decide: (payload, { view, at }) => {
      const node = view.get<NodeHead>(keys.node);
      if (!node) return reject('domain.no_genesis', 'the log has no genesis');
      const { epoch, reason, guardian_key, origin, predecessor, known_size } = payload;
      const { size } = predecessor;
      if (BigInt(size) !== at.seq) {
        return reject('epoch.wrong_place', `the predecessor sealed ${size} entries`);
      }
      if (known_size !== undefined && !isLoss(payload)) {
        return reject('epoch.bad_interval', 'only a restore loses entries, and after its backup');
      }
      const held = holdEpoch(payload, node, registry);
      if (!held.ok) return held;
      const known = known_size === undefined ? {} : { known_size };
      const used = payload.succession;
      const grant = used === undefined ? {} : { succession: used.number };
      const changed = { type: 'epoch.changed' as const, epoch, reason, size, ...known, ...grant };
      return ok([{ ...changed, guardian_key, origin }]);
    },
  };
}

/** Whether a change may say that entries were lost. */
function isLoss({ reason, predecessor, known_size }: ChangeEpoch): boolean {
  return reason === 'restore' && BigInt(known_size ?? 0) > BigInt(predecessor.size);
}

/** Revocations that fit between two epochs. */
const REVOCATIONS_BITS = 32n;

/**
 * The revocation epoch a restore begins with. It is above every one that the lost part of the log
 * can have come to: what was granted before the restore, there too, is void from here on.
 */
export function revocationAfterRestore(before: string, epoch: string): string {
  const floor = BigInt(epoch) << REVOCATIONS_BITS;
  const next = BigInt(before) + 1n;
  return String(next > floor ? next : floor);
}

/**
 * Checks all of a change that needs no log: it is the next epoch, under the origin and a key
 * that can be used, after a note with both signatures of the key before, and the owner signed
 * it. Rejects with a code of `epoch.`.
 */
export function holdEpoch(
  change: ChangeEpoch,
  log: SealedLog,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  const { epoch, origin, guardian_key } = change;
  const next = nextEpochOf(log);
  if (epoch !== next.epoch) {
    return reject('epoch.not_next', `the epoch after ${log.epoch} is not ${epoch}`);
  }
  if (origin !== next.origin || !noteKeysOf(guardian_key, origin).ok) {
    return reject('epoch.bad_key', 'the origin is another, or the key cannot be used');
  }
  const unsealed = notSealed(change, log);
  if (unsealed !== undefined) return reject('epoch.not_sealed', unsealed);
  return holdOwner(change, log, registry);
}

/** Whether the owner of a node, or whom it named, signed this change for this log. */
function holdOwner(
  change: ChangeEpoch,
  log: SealedLog,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  const { owner_signature, ...signed } = change;
  const message = epochMessage(signed, log);
  if (!message.ok) return message;
  const signer = signerOf(change, log, registry);
  if (!signer.ok) return signer;
  const domain = 'SIG_DOMAIN_OPERATION';
  const verified = registry.verify(signer.value, domain, message.value, owner_signature);
  if (verified.ok) return ok(undefined);
  return reject('epoch.not_authorised', `the owner's signature: ${verified.error.message}`);
}

/** Whether what a change follows is exactly this log. */
export function followsLog({ predecessor: { size, note } }: ChangeEpoch, log: Frontier): boolean {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok || checkpoint.value.root !== encodeBase64(log.root())) return false;
  return checkpoint.value.size === log.size && size === String(log.size);
}

/** Beside who seals, the number of the grant by which its node came to this guardian. */
type FirstSealer = DomainGenesis & Pick<NodeHead, 'succession'>;

/**
 * Who seals a domain from its genesis on. One that begins in a later epoch of its node carries the
 * change by which the node came to its guardian, as the owner signed it for the node's own log.
 * Rejects with a code of `epoch.`.
 */
export function firstSealer(
  genesis: DomainGenesis,
  registry: VerifierRegistry,
): Result<FirstSealer, Rejection> {
  const { epoch_change: change, ...first } = genesis;
  if (change === undefined) {
    if (genesis.epoch === '0') return ok(first);
    return reject('epoch.not_authorised', 'nothing says how its node came to this epoch');
  }
  const { epoch, guardian_key } = change;
  if (epoch !== genesis.epoch) return reject('epoch.not_next', `its node is in epoch ${epoch}`);
  const origin = epochOriginOf(genesis.origin, epoch);
  if (!noteKeysOf(guardian_key, origin).ok) {
    return reject('epoch.bad_key', 'the key cannot be used');
  }
  const nodeLog = { ...genesis, domain_id: nodeDomainOf(genesis.node_id) };
  const held = holdOwner(change, nodeLog, registry);
  // Of a grant that its node used before it began, no earlier one is taken in it either.
  const used = change.succession === undefined ? {} : { succession: change.succession.number };
  return held.ok ? ok({ ...first, guardian_key, origin, ...used }) : held;
}

/** Why the key before did not seal what the change names. */
function notSealed({ predecessor, reason }: ChangeEpoch, log: SealedLog): string | undefined {
  const pair = noteKeysOf(log.guardian_key, log.origin);
  if (!pair.ok) return pair.error.message;
  const { ed25519, mlDsa44 } = pair.value;
  // Whoever died may not have come to the second: the successor's own signature has both parts.
  const needed = reason === 'succession' ? [ed25519] : [ed25519, mlDsa44];
  const note = verifyNote(predecessor.note, needed);
  if (!note.ok) return `the predecessor's note: ${note.error.message}`;
  if (note.value.signers.length < needed.length) return "the predecessor's note lacks a signature";
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok || checkpoint.value.origin !== log.origin) return 'the note is of another log';
  const isSize = String(checkpoint.value.size) === predecessor.size;
  return isSize ? undefined : 'the note has another size';
}

/** What a log is called in what keys sign for it, from its genesis or the head that keeps it. */
export function logNameOf({
  node_id,
  domain_id,
}: Pick<SealedLog, 'node_id' | 'domain_id'>): LogName {
  if (domain_id === undefined)
    return { domain_id: nodeDomainOf(node_id), origin: originOf(node_id) };
  return { domain_id, origin: domainOriginOf(node_id, domain_id) };
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
