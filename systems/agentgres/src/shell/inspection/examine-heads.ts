import { applyTexts, type HeadText, rootDigest } from '@ioi/law';
import { StateTree } from '@ioi/merkle';
import { fastestPairHasher } from '@ioi/merkle/shell';
import { InspectedFile } from '@ioi/sqlite';
import type { DomainFacts } from '../../core/inspection/judge-domain.ts';
import { STORE_FORMAT } from '../sqlite-store.ts';
import { type Looked, lookAt } from './look.ts';
import { markIn } from './mark-row.ts';

const PAGE = 10_000;

/** The heads as a log and a state: where they stand, and the root that all of them have. */
export function examineHeads(folder: string): Looked<NonNullable<DomainFacts['heads']>> {
  const about = {
    path: `${folder}/heads.db`,
    format: STORE_FORMAT,
    missing: 'heads.missing',
    unreadable: 'heads.unreadable',
  } as const;
  return lookAt(about, (file) => {
    const mark = markIn(file.one('SELECT size, peaks FROM watermark'));
    return { value: { ...mark, stateRoot: stateRootOf(file) }, findings: [] };
  });
}

/** The note with the most entries that is kept beside the log; undefined when there is none. */
export function newestCheckpoint(folder: string): string | undefined {
  try {
    const file = new InspectedFile(`${folder}/heads.db`);
    const row = file.one('SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1');
    file.close();
    return row?.['note'] as string | undefined;
  } catch {
    // Without the file there is no checkpoint either.
    return undefined;
  }
}

function stateRootOf(file: InspectedFile): string {
  const tree = new StateTree(fastestPairHasher());
  const sql =
    'SELECT head_class, id, value, seq FROM heads WHERE (head_class, id) > (?, ?) ' +
    'ORDER BY head_class, id LIMIT ?';
  let after: readonly [string, string] = ['', ''];
  for (;;) {
    const page = file.lists(sql, ...after, PAGE).map(headIn);
    applyTexts(tree, page);
    const last = page.at(-1);
    if (last === undefined) return rootDigest(tree);
    after = [last.headClass, last.id];
  }
}

function headIn([headClass, id, value, seq]: unknown[]): HeadText {
  return {
    headClass: headClass as string,
    id: id as string,
    value: value as string,
    seq: seq as number,
  };
}
