import { ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import type { HeadOverlay } from '../ledger/heads.ts';
import type { Change } from './change.ts';
import type { IndexedConstraint } from './constraint.ts';
import type { IndexChange } from './events.ts';

/** What one object lets go of, and takes, in the index of one constraint. */
export type IndexDelta = {
  readonly constraint: IndexedConstraint;
  readonly release?: IndexChange;
  readonly claim?: IndexChange;
};

export function enforceStep(_change: Change, _after: HeadOverlay): Result<IndexDelta[], Rejection> {
  return ok([]);
}

type Taken = { readonly change: Change; readonly deltas: readonly IndexDelta[] };

export function enforceDeferred(
  _taken: readonly Taken[],
  _after: HeadOverlay,
): Result<undefined, Rejection> {
  return ok(undefined);
}
