import type { BeginMove, FinishMove, HeadKey, Rejection, View } from '@ioi/protocol';

/** Where a domain is going, or went; `seq` is of the entry that said so last. */
export type MoveHead = BeginMove & { readonly seq: string } & (
    | { readonly state: 'leaving' }
    | ({ readonly state: 'moved' } & Pick<FinishMove, 'archive_id' | 'archive_sha256'>)
  );

export const moveKey: HeadKey = { headClass: 'move', id: 'move' };

const MOVE = 'move/';
/** Whoever takes the node over seals the same log: that a domain went away holds on. */
const EPOCH_CHANGE = 'domain/epoch.change';

/** Why a domain takes this operation no more, or not now. */
export function refusalOfMoved(operation: string, view: View): Rejection | undefined {
  const move = view.get<MoveHead>(moveKey);
  if (!move || operation.startsWith(MOVE) || operation === EPOCH_CHANGE) return undefined;
  const where = `${move.to_domain_id} at ${move.to_node_id}`;
  if (move.state === 'moved') return { code: 'domain.moved', message: `it went on as ${where}` };
  return { code: 'domain.leaving', message: `it is being moved to ${where}` };
}
