import { EPOCH_CHANGE, followsLog } from '@ioi/law';
import type { ChangeEpoch } from '@ioi/protocol';
import { type Attesting, placeOf, prepare, type SealedState } from './attest.ts';
import type { Refusal } from './wire.ts';

/** Any operation id: nothing comes of this attempt. */
const ATTEMPT = `op_${'0'.repeat(32)}`;

/**
 * Why this guardian may not take a log over with the change its owner signed: what it follows is
 * not what is sealed here, or it does not hold (design section 4, handover).
 */
export function brokenTakeover(
  change: ChangeEpoch,
  sealed: SealedState,
  attesting: Attesting,
): Refusal | undefined {
  if (!followsLog(change, sealed.frontier)) {
    const message = `the change to epoch ${change.epoch} follows another log than is sealed here`;
    return { code: 'epoch.wrong_root', message };
  }
  const operation = {
    operation_id: ATTEMPT,
    operation: EPOCH_CHANGE,
    authenticated_by: { kind: 'guardian' as const },
    payload: { ...change },
  };
  const { results } = prepare(placeOf(sealed), [operation], sealed.chainTime, attesting);
  const [result] = results;
  return result && 'code' in result ? result : undefined;
}
