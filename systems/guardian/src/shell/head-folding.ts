import type { Result } from '@ioi/basis';
import { encodeBase64 } from '@ioi/basis';
import { parseCheckpoint, parseNote } from '@ioi/crypto';
import {
  type CutCommit,
  effectiveItems,
  foldEntries,
  HeadMap,
  headTextOf,
  isSigned,
  keys,
  type Modules,
  type NodeHead,
  neededPayloads,
  type SealedText,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import type { SealedState } from '../core/index.ts';
import { type SealStore, sealRow } from './seal-store.ts';

/** The head that says who seals a log; in a domain beside the node's own it names the domain. */
export type SealedHead = NodeHead & { readonly domain_id?: string };

/** What a log leads to, and the note over it. */
export type FoldedLog = { readonly node: SealedHead; readonly heads: HeadMap };

/**
 * What a guardian keeps of a log, from its commits: heads, the payloads that it decides by, which
 * operations a key signed, and in the end the seal. `changed` makes the fault of a log that is not
 * what was signed.
 */
export class HeadFolding {
  readonly heads = new HeadMap();
  readonly #seals: SealStore;
  readonly #modules: Modules;
  readonly #changed: (message: string) => Error;

  constructor(seals: SealStore, modules: Modules, changed: (message: string) => Error) {
    this.#seals = seals;
    this.#modules = modules;
    this.#changed = changed;
  }

  /** Digests of the payloads that the next commit is decided by. */
  needed(entries: readonly LogEntry[]): ReadonlySet<string> {
    return neededPayloads(entries, this.#modules, this.heads).payload;
  }

  /** The entries of a commit that count; `payload` gives those that are needed and there. */
  take(entries: readonly LogEntry[], payload: (digest: string) => string | undefined): void {
    for (const digest of this.needed(entries)) {
      const text = payload(digest);
      if (text !== undefined) this.#seals.savePayload(digest, text);
    }
    const changes = this.given(foldEntries(entries, this.#modules, this.heads));
    this.heads.apply(changes);
    const signed = entries.filter(isSigned).map((entry) => entry.operation_id);
    this.#seals.load(changes.map(headTextOf), signed);
  }

  /** Keeps the seal, where the log has the root that was signed. */
  finish(note: string, frontier: Frontier, last: SealedText | undefined): FoldedLog {
    const parsed = parseNote(note);
    const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
    const root = encodeBase64(frontier.root());
    const node = this.heads.get<SealedHead>(keys.node);
    if (!node || !checkpoint?.ok || checkpoint.value.root !== root) {
      throw this.#changed('its entries are not those that were signed');
    }
    this.#seals.sealLoaded(sealRow(sealedAt(node, frontier, last), note));
    return { node, heads: this.heads };
  }

  given<T>(result: Result<T, { readonly message: string }>): T {
    if (!result.ok) throw this.#changed(result.error.message);
    return result.value;
  }
}

/** The entries of a commit that count. */
export function effective(commit: CutCommit<SealedText>): LogEntry[] {
  return effectiveItems(commit).map(({ entry }) => entry);
}

function sealedAt(node: SealedHead, frontier: Frontier, last: SealedText | undefined): SealedState {
  const { height = '0', chain_time: time = '0' } = last?.entry ?? {};
  const epoch = BigInt(node.epoch);
  return { frontier, epoch, height: BigInt(height) + 1n, chainTime: BigInt(time) };
}
