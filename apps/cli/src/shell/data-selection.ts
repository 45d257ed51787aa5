import type { KeptContent, SelectedContents } from '@ioi/protocol';
import type { Context } from './context.ts';
import { usageFault } from './fault.ts';

const BARE_HASH = /^(sha256:)?[0-9a-f]{8,64}$/;

/** Contents that a person means; a hash that is no content may be that of a request. */
export async function selectContents(
  { daemon }: Context,
  terms: readonly string[],
): Promise<SelectedContents> {
  const selected = await daemon.selectContents(terms);
  const [only = ''] = terms;
  const isHash = terms.length === 1 && BARE_HASH.test(only);
  if (selected.contents.length > 0 || selected.forgotten_seq !== undefined || !isHash) {
    return selected;
  }
  return daemon.selectContents([`request:${only}`]);
}

/** The same where one at least must be meant. */
export async function someContents(
  context: Context,
  terms: readonly string[],
): Promise<SelectedContents> {
  const selected = await selectContents(context, terms);
  if (selected.contents.length > 0) return selected;
  const { forgotten_seq: seq } = selected;
  const message =
    seq === undefined ? `nothing is kept under ${terms.join(' ')}` : `entry ${seq} forgot it`;
  throw usageFault(message, 'ioi data show');
}

export function digestsOf(contents: readonly KeptContent[]): string[] {
  return contents.map(({ envelope }) => envelope.sha256);
}
