import { EPOCH_CHANGE, followsLog, type SealedText } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { ChangeEpoch, IncludedEntry } from '@ioi/protocol';
import { type KnownSealers, sealersIn } from '@ioi/verifier';
import { ReplicaFault } from './replica-fault.ts';

/** An entry of a log that is followed; `before` is the log before a change of epoch. */
export type FollowedItem = SealedText & { readonly before?: Frontier };

/** Whose log it must be. */
export type Wanted = { readonly nodeId: string; readonly domain: string };

/**
 * Who seals a log that is followed, from its genesis on, by the owner's word: a value, so that
 * what is not verified in the end changes nothing.
 */
export class HeldSealers {
  readonly #wanted: Wanted;
  readonly #genesis: string | undefined;
  readonly #changes: readonly string[];
  readonly #known: KnownSealers | undefined;

  private constructor(wanted: Wanted, genesis?: string, changes: readonly string[] = []) {
    this.#wanted = wanted;
    this.#genesis = genesis;
    this.#changes = changes;
    this.#known = genesis === undefined ? undefined : knownIn(wanted, genesis, changes);
  }

  static none(wanted: Wanted): HeldSealers {
    return new HeldSealers(wanted);
  }

  /** Of a copy: its first entry, and those that begin an epoch. */
  static of(wanted: Wanted, genesis: string, changes: readonly string[]): HeldSealers {
    return new HeldSealers(wanted, genesis, changes);
  }

  /** Who seals now. Throws `log.damaged` before there is a genesis. */
  get current() {
    if (this.#known === undefined) throw new ReplicaFault('log.damaged', 'the log has no genesis');
    return this.#known.epochs.current;
  }

  /** After an entry that has effect. Throws with the verifier's code where it may not stand. */
  after({ entry, text, before }: FollowedItem): HeldSealers {
    if (this.#genesis === undefined) return new HeldSealers(this.#wanted, text);
    if (entry.operation !== EPOCH_CHANGE) return this;
    if (before === undefined || !followsLog(entry.payload as ChangeEpoch, before)) {
      const message = 'a change of epoch names another log than the one before it';
      throw new ReplicaFault('epoch.wrong_root', message);
    }
    return new HeldSealers(this.#wanted, this.#genesis, [...this.#changes, text]);
  }
}

function knownIn({ nodeId, domain }: Wanted, genesis: string, changes: readonly string[]) {
  const entry = (text: string): IncludedEntry => ({ seq: '0', text, path: [] });
  const known = sealersIn({ genesis: entry(genesis), epochs: changes.map(entry) }, { nodeId });
  if (!known.ok) throw new ReplicaFault(known.error.code, known.error.message);
  if (known.value.domainId === domain) return known.value;
  throw new ReplicaFault('log.other_domain', `this is the log of ${known.value.domainId}`);
}
