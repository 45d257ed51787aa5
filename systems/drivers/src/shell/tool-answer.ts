import { isObject } from '@ioi/jsonrpc';
import type { ToolAnswer } from '../core/answer.ts';
import type { Reply } from './conversation.ts';
import type { NotSent } from './wire.ts';

/** In a later round the act has begun, so that this repetition left nothing proves nothing. */
export function answerFrom(reply: Reply | NotSent, round: number): ToolAnswer {
  if (reply.kind === 'not_sent') {
    if (round === 0) return reply;
    return { kind: 'silent', silence: 'died', detail: `not sent again: ${reply.reason}` };
  }
  if (reply.kind === 'unauthorised') {
    const { status, ...facts } = reply.facts;
    const data = { code: 'upstream.unauthorised', status, ...facts };
    return { kind: 'error', error: { code: -32000, message: `HTTP ${status}`, data } };
  }
  if (reply.kind === 'error') return { kind: 'error', error: reply.error };
  if (reply.kind === 'silent') return reply;
  if (isObject(reply.result)) return { kind: 'result', result: reply.result };
  return { kind: 'silent', silence: 'answer_refused', detail: 'the result is no object' };
}
