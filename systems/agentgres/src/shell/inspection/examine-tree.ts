import { existsSync, readFileSync } from 'node:fs';
import { rootDigest } from '@ioi/law';
import { StateTree } from '@ioi/merkle';
import type { DomainFacts } from '../../core/inspection/judge-domain.ts';
import { snapshotIn } from '../sqlite-store.ts';

/** The snapshot of the state tree; none is fine, since it is made from the heads. */
export function examineTree(folder: string): DomainFacts['snapshot'] {
  const path = `${folder}/tree.bin`;
  if (!existsSync(path)) return undefined;
  const snapshot = snapshotIn(readFileSync(path));
  const tree = snapshot && StateTree.restore(snapshot.bytes);
  if (!snapshot || !tree?.ok) return 'damaged';
  return { size: snapshot.size, stateRoot: rootDigest(tree.value) };
}
