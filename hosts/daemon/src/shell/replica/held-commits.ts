import { answerState, type SqliteStore, type StateQuestion } from '@ioi/agentgres/shell';
import { rememberingLast, verifierRegistry } from '@ioi/crypto';
import {
  type Authenticate,
  applyTexts,
  authenticator,
  ClientBatches,
  type CutCommit,
  effectiveItems,
  foldEntries,
  HeadMap,
  HeadOverlay,
  type HeadText,
  headChangeOf,
  headTextOf,
  isSigned,
  type LogName,
  type Modules,
  principalKey,
  rootDigest,
  touchedBy,
} from '@ioi/law';
import type { StateTree } from '@ioi/merkle';
import type { HeadKey, LogEntry } from '@ioi/protocol';
import type { FollowedItem } from './held-sealers.ts';
import { ReplicaFault } from './replica-fault.ts';

export type StateOptions = {
  readonly store: SqliteStore;
  readonly tree: StateTree;
  readonly modules: Modules;
  readonly log: LogName;
};

/**
 * The state that a followed log folds to. Commits are folded again, with the signatures of whoever
 * brought their operations, and must come to the roots that they carry.
 */
export class HeldState {
  readonly #options: StateOptions;
  readonly #authenticate: Authenticate;

  constructor(options: StateOptions) {
    this.#options = options;
    this.#authenticate = authenticator(options.log, rememberingLast(verifierRegistry()));
  }

  /**
   * The heads a commit changes, of which the tree has them then. Throws `entry.not_authentic`,
   * `log.damaged` or `state.differs`, and leaves the tree as it was.
   */
  fold(commit: CutCommit<FollowedItem>): HeadText[] {
    const { store, tree, modules } = this.#options;
    const entries = effectiveItems(commit).map(({ entry }) => entry);
    const below = new HeadMap();
    const touched = [...touchedBy(entries, modules), ...entries.flatMap(signerOf)];
    below.apply(store.headsAt(touched).map(headChangeOf));
    const view = new HeadOverlay(below);
    const batches = new ClientBatches();
    const authenticate = batches.over(this.#authenticate);
    for (const entry of entries) {
      const author = isSigned(entry) ? authenticate(entry, view) : undefined;
      if (author?.ok === false) throw broken(entry, 'entry.not_authentic', author.error.message);
      const folded = foldEntries([entry], modules, view);
      if (!folded.ok) throw broken(entry, 'log.damaged', folded.error.message);
      view.apply(folded.value);
      batches.note(entry);
    }
    const changes = view.changes().map(headTextOf);
    const undo = applyTexts(tree, changes);
    const { last, summary } = commit.range;
    if (rootDigest(tree) === summary.state_root) return changes;
    tree.apply(undo);
    const message = `the commit at ${last} carries another state than its entries make`;
    throw new ReplicaFault('state.differs', message);
  }

  /** Between two commits. */
  prove(question: StateQuestion, size: number) {
    const { store, tree } = this.#options;
    return answerState(question, { store, tree, size });
  }
}

function signerOf({ authenticated_by: by }: LogEntry): HeadKey[] {
  const isNamed = by.kind === 'signature' || by.kind === 'batch';
  return isNamed ? [principalKey(by.signature.key_id)] : [];
}

function broken({ seq }: LogEntry, code: string, message: string): ReplicaFault {
  return new ReplicaFault(code, `entry ${seq}: ${message}`);
}
