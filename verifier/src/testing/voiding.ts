import { assert } from '@ioi/basis';
import {
  applyToTree,
  COMMIT_OPERATION,
  commitSummaryOf,
  emptyView,
  foldEntries,
  type Modules,
  rootDigest,
} from '@ioi/law';
import { readEntry, type TestNode, textOf } from '@ioi/law/testing';
import { StateTree } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';

type Log = Pick<TestNode, 'texts' | 'modules'>;

/** The state that entries fold to when all of them count. */
export function treeOf(entries: readonly LogEntry[], modules: Modules): StateTree {
  const operations = entries.filter(({ operation }) => operation !== COMMIT_OPERATION);
  const heads = foldEntries(operations, modules, emptyView);
  assert(heads.ok, 'entries fold');
  const tree = new StateTree();
  applyToTree(tree, heads.value);
  return tree;
}

/** A commit entry as of a recovery that voids every operation from a place on. */
export function voidingFrom(node: Log, first: number, kept: readonly LogEntry[] = []): string {
  const before = node.texts.slice(0, first).map((text) => readEntry(text).entry);
  const tail = node.texts.slice(first).map((text) => readEntry(text).entry);
  const [closing] = tail.filter((entry) => commitSummaryOf(entry)).slice(-1);
  assert(closing !== undefined && tail[0] !== undefined, 'a commit ends the log');
  const voided = tail
    .filter(({ operation }) => operation !== COMMIT_OPERATION)
    .map(({ seq }) => ({ seq, code: 'log.unsealed' }));
  const payload = {
    ...closing.payload,
    first_seq: String(first),
    recovered: true,
    state_root: rootDigest(treeOf([...before, ...kept], node.modules)),
    voided,
  };
  const seq = String(node.texts.length + kept.length);
  const { height } = tail[0];
  const chain_time = before.at(-1)?.chain_time ?? '0';
  return textOf({ ...closing, seq, height, chain_time, payload });
}
