import { digestOf } from '@ioi/canon';
import type { DecideAction, HeadKey, View } from '@ioi/protocol';
import { contentKeys } from '../content/heads.ts';
import { authorityKeys } from './authority.ts';
import { editedKeys } from './edited.ts';
import { graphSpendKeys } from './graph-spend.ts';
import { keys } from './heads.ts';
import { layerKeys } from './layers-in-force.ts';

/** Everything a decision may rest on: its conflict set. */
export function readsOf(payload: DecideAction, view: View): HeadKey[] {
  const requestHash = digestOf(payload.request);
  const tokenHash = payload.token ? digestOf(payload.token) : undefined;
  return [
    keys.node,
    ...layerKeys(view),
    keys.lastReceipt,
    keys.lastStep,
    keys.contract(payload.contract_hash),
    ...(requestHash.ok ? [keys.action(requestHash.value)] : []),
    ...(tokenHash?.ok ? [keys.token(tokenHash.value), keys.approvers] : []),
    ...payload.budget_ids.map(keys.budget),
    ...authorityKeys(payload, view),
    ...graphSpendKeys(payload, view),
    ...editedKeys(payload),
    ...(payload.evidence ?? []).map(contentKeys.forgotten),
    ...(payload.inspection ? [contentKeys.forgotten(payload.inspection.source_hash)] : []),
  ];
}
