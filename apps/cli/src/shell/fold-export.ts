import { decodeUtf8 } from '@ioi/basis';
import {
  applyTexts,
  COMMIT_OPERATION,
  domainModules,
  type HeadTexts,
  LogFold,
  nodeModules,
  readExport,
  rootDigest,
} from '@ioi/law';
import { StateTree } from '@ioi/merkle';
import { CommandFault } from './fault.ts';
import { chunksOf } from './file-chunks.ts';

export type FoldedExport = {
  readonly heads: HeadTexts;
  readonly size: number;
  /** That the last commit carries, and that these heads have. */
  readonly stateRoot: string;
};

export type FoldTo = {
  /** By which it is told of. */
  readonly name: string;
  /** A place in the log; its end unless told. */
  readonly to?: number | undefined;
};

/** A node's own log begins with another operation than that of a domain. */
const DOMAIN_GENESIS = '"operation":"domain/genesis"';
const COMMIT = `"operation":"${COMMIT_OPERATION}"`;

/**
 * The heads of an export, up to the commit that holds a place in its log. It folds to the state
 * that its commit carries; whether that was signed is for `ioi verify` to say.
 */
export function foldExport(path: string, { name, to }: FoldTo): FoldedExport {
  let fold: LogFold | undefined;
  let size = 0;
  let isOver = false;
  for (const part of readExport(chunksOf(path))) {
    if (part.kind === 'refused') throw malformed(name, part.value.message);
    if (part.kind !== 'entry') continue;
    const text = decodeUtf8(part.value) ?? '';
    fold ??= new LogFold(text.includes(DOMAIN_GENESIS) ? domainModules() : nodeModules());
    const taken = fold.take([text]);
    if (!taken.ok) throw malformed(name, taken.error.message);
    size += 1;
    isOver = to !== undefined && size > to && text.includes(COMMIT);
    if (isOver) break;
  }
  if (fold === undefined || (to !== undefined && !isOver)) {
    throw malformed(name, `it ends before entry ${to ?? 0}`);
  }
  const last = fold.finish();
  if (!last.ok) throw malformed(name, last.error.message);
  const tree = new StateTree();
  applyTexts(tree, [...fold.heads.all()]);
  const stateRoot = fold.report(size).state_root;
  if (rootDigest(tree) !== stateRoot)
    throw malformed(name, 'it folds to another state than it says');
  return { heads: fold.heads, size, stateRoot };
}

function malformed(name: string, message: string): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'export.unusable',
    message: `${name}: ${message}`,
    next: 'ioi domain list, or: ioi verify FILE',
  });
}
