import { encodeBase64 } from '@ioi/basis';
import { Frontier } from '@ioi/merkle';
import type { Row } from '@ioi/sqlite';

/** Where a file says it stands: `size` entries, and `peaks` from which their root follows. */
export function markIn(row: Row | undefined): { readonly size: number; readonly root: string } {
  const texts = JSON.parse(String(row?.['peaks'] ?? '[]')) as string[];
  const peaks = texts.map((each) => Buffer.from(each, 'hex'));
  const size = Number(row?.['size'] ?? 0);
  const frontier = Frontier.restore({ size, peaks });
  if (!frontier.ok) throw new Error(`the mark is none: ${frontier.error.message}`);
  return { size, root: encodeBase64(frontier.value.root()) };
}
