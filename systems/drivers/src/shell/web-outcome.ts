import { createHash } from 'node:crypto';
import { PUSH_TOOL, type WebRequest } from '@ioi/law';
import type { NetworkReceipt, Outcome, SealedAction } from '@ioi/protocol';
import { isAllDone, pushReportIn } from '../core/push-report.ts';
import { ANSWER_TOO_LARGE, MOST_ANSWER_BYTES, type Taken } from './web-answer.ts';

/** What was sent, and the address that was connected to. */
export type Sent = {
  readonly wanted: WebRequest;
  readonly address: string;
  /** What was said in a WebSocket, in place of a body. */
  readonly said?: Pick<NetworkReceipt, 'request_cid' | 'request_bytes' | 'ended_by'>;
};

/** What an answer, whole or not, makes of an act. */
export function answered(action: SealedAction, sent: Sent, taken: Taken): Outcome {
  const output = receiptOf(action, sent, taken);
  const isTooLong = taken.response_bytes > MOST_ANSWER_BYTES;
  const why = isTooLong ? ANSWER_TOO_LARGE : 'the answer broke off';
  if (!taken.complete) return silent(action, why, output);
  const postconditions = [{ name: 'output_present', satisfied: true }];
  const report = output.push_report;
  const reportedError = taken.status >= 400 || (report !== undefined && !isAllDone(report));
  return { kind: 'completed', output, reportedError, postconditions };
}

/** A read that came to nothing had no effect; of a write nobody knows. */
export function silent({ contract }: SealedAction, why: string, output?: NetworkReceipt): Outcome {
  const reason = `the server gave no whole answer (${why})`.toWellFormed();
  const about = { reason, ...(output === undefined ? {} : { output }) };
  if (contract.effect === 'read') return { kind: 'failed_before_effect', ...about };
  return { kind: 'effect_unknown', ...about };
}

export function failed(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason: reason.toWellFormed() };
}

function receiptOf(
  { committed, contract }: SealedAction,
  { wanted, address, said }: Sent,
  taken: Taken,
): NetworkReceipt {
  const { url, method, body, large } = wanted;
  const { response_body: kept } = taken;
  const isPush = contract.tool === PUSH_TOOL && kept !== undefined;
  const report = isPush ? pushReportIn(Buffer.from(kept.data, kept.encoding)) : undefined;
  const own = body && (`sha256:${createHash('sha256').update(body).digest('hex')}` as const);
  const cid = large?.$stream ?? own;
  return {
    request_hash: committed.request_hash,
    method,
    url,
    address,
    ...(cid === undefined ? {} : { request_cid: cid }),
    request_bytes: large?.bytes ?? body?.length ?? 0,
    ...taken,
    ...said,
    ...(report === undefined ? {} : { push_report: report }),
  };
}
