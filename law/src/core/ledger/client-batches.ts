import { err } from '@ioi/basis';
import type { LogEntry } from '@ioi/protocol';
import type { Authenticate } from './authenticate.ts';
import type { ProposedOperation } from './entry.ts';

type AuthenticatedBy = LogEntry['authenticated_by'];
type SignedBatch = Extract<AuthenticatedBy, { kind: 'batch' }>;

/**
 * Signed batches of clients in one commit: the first entry of each has the signature, those after
 * it name that entry instead of repeating 3 KB. Whoever admits a commit and whoever replays it
 * notes its entries in order; what was voided is not noted, so nothing rests on it.
 */
export class ClientBatches {
  readonly #bySeq = new Map<string, SignedBatch>();
  readonly #seqs = new Map<string, string>();
  /** What signatures are known by: operations of a batch mostly share the very object. */
  readonly #names = new Map<SignedBatch['signature'], string>();

  /** Takes in an entry that was admitted. */
  note({ seq, authenticated_by: by }: Pick<LogEntry, 'seq' | 'authenticated_by'>): void {
    if (by.kind !== 'batch') return;
    this.#bySeq.set(seq, by);
    this.#seqs.set(this.#nameOf(by), seq);
  }

  /** How the log says who an operation comes from, where it was brought with its signature. */
  asStored(by: AuthenticatedBy): AuthenticatedBy {
    if (by.kind !== 'batch') return by;
    const signed_seq = this.#seqs.get(this.#nameOf(by));
    const known = signed_seq === undefined ? undefined : this.#bySeq.get(signed_seq);
    if (signed_seq === undefined || known?.root !== by.root || known.size !== by.size) return by;
    return { kind: 'batch_member', signed_seq, index: by.index, path: by.path };
  }

  #nameOf(by: SignedBatch): string {
    const name = this.#names.get(by.signature) ?? signedAs(by);
    this.#names.set(by.signature, name);
    return name;
  }

  /** Holds what names an entry of this commit to the signature that stands there. */
  over(authenticate: Authenticate): Authenticate {
    return (stored, view) => {
      const { authenticated_by: by } = stored;
      if (by.kind !== 'batch_member') return authenticate(stored, view);
      const signed = this.#bySeq.get(by.signed_seq);
      if (signed) return authenticate(asBrought(stored, { ...signed, ...placeOf(by) }), view);
      const message = `entry ${by.signed_seq} has no signature of a batch in this commit`;
      return err({ code: 'operation.not_authentic', message });
    };
  }
}

/** Whether a key signed it, alone or in a batch: such an operation is admitted once. */
export function isSigned({ authenticated_by: { kind } }: ProposedOperation): boolean {
  return kind === 'signature' || kind === 'batch' || kind === 'batch_member';
}

/** ML-DSA signatures of different messages or keys differ, so most of the time one is enough. */
function signedAs({ signature: { key_id, ed25519, ml_dsa_44 } }: SignedBatch): string {
  return `${key_id} ${ed25519} ${ml_dsa_44}`;
}

function placeOf({ index, path }: Extract<AuthenticatedBy, { kind: 'batch_member' }>) {
  return { index, path };
}

function asBrought(stored: ProposedOperation, authenticated_by: SignedBatch): ProposedOperation {
  return { ...stored, authenticated_by };
}
