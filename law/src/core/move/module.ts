import { assert, err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import {
  type BeginMove,
  type CancelMove,
  type FinishMove,
  isBeginMove,
  isCancelMove,
  isFinishMove,
  type Module,
  type NamedOperation,
  type Operation,
  type Rejection,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { type MoveHead, moveKey } from '../ledger/index.ts';

export type MoveEvent =
  | ({ readonly type: 'move.begun' } & BeginMove)
  | { readonly type: 'move.cancelled'; readonly move_id: string }
  | ({ readonly type: 'move.finished' } & FinishMove);

const MOVE = 'move';
const VERSION = '1';
const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

/** A domain that goes on at another node (whitepaper 2.5.4); `refusalOfMoved` closes it here. */
export function moveModule(): Module<MoveEvent> {
  const operations: Record<string, NamedOperation<MoveEvent>> = {
    begin: named(begin),
    cancel: named(cancel),
    finish: named(finish),
  };
  const manifest = { name: MOVE, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    ...{ name: MOVE, version: VERSION, moduleHash: moduleHash.value },
    classes: { move: { limit: 1 } },
    operations,
    touches: () => [moveKey],
    evolve: (view, event, { seq }) => {
      if (event.type === 'move.cancelled') return [{ key: moveKey, value: undefined }];
      if (event.type === 'move.begun') {
        const { type: _, ...begun } = event;
        const value: MoveHead = { ...begun, state: 'leaving', seq: String(seq) };
        return [{ key: moveKey, value }];
      }
      const head = view.get<MoveHead>(moveKey);
      assert(head !== undefined, 'what ends was begun');
      const { archive_id, archive_sha256 } = event;
      const value: MoveHead = {
        ...head,
        ...{ state: 'moved', archive_id, archive_sha256, seq: String(seq) },
      };
      return [{ key: moveKey, value }];
    },
  };
}

const begin: Operation<BeginMove, MoveEvent> = {
  authors: ['channel'],
  accepts: isBeginMove,
  reads: () => [keys.node, moveKey],
  needs: () => [],
  decide: (payload, { view }) => {
    const node = view.get<NodeHead & { domain_id?: string }>(keys.node);
    if (node?.domain_id === undefined) {
      return reject('move.no_domain', "a node's own log stays with its node");
    }
    const move = view.get<MoveHead>(moveKey);
    if (move) return reject('move.under_way', `${move.move_id} is ${move.state}`);
    if (payload.to_node_id === node.node_id && payload.to_domain_id === node.domain_id) {
      return reject('move.same_place', 'it is there already');
    }
    return ok([{ type: 'move.begun', ...payload }]);
  },
};

const cancel: Operation<CancelMove, MoveEvent> = {
  authors: ['channel'],
  accepts: isCancelMove,
  reads: () => [moveKey],
  needs: () => [],
  decide: ({ move_id }, { view }) => {
    const refused = notLeaving(view.get<MoveHead>(moveKey), move_id);
    return refused ?? ok([{ type: 'move.cancelled', move_id }]);
  },
};

const finish: Operation<FinishMove, MoveEvent> = {
  authors: ['channel'],
  accepts: isFinishMove,
  reads: () => [moveKey],
  needs: () => [],
  decide: (payload, { view }) => {
    const refused = notLeaving(view.get<MoveHead>(moveKey), payload.move_id);
    return refused ?? ok([{ type: 'move.finished', ...payload }]);
  },
};

function notLeaving(move: MoveHead | undefined, moveId: string) {
  if (move?.move_id !== moveId) return reject('move.unknown', `${moveId} is not under way here`);
  if (move.state === 'leaving') return undefined;
  return reject('move.finished', `it went to ${move.to_domain_id} at ${move.to_node_id}`);
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: Operation<P, MoveEvent>): NamedOperation<MoveEvent> {
  return operation as unknown as NamedOperation<MoveEvent>;
}
