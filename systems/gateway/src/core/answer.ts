import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, type RpcError } from '@ioi/jsonrpc';
import { classOf, type VerdictCode } from '@ioi/protocol';
import type { ActMethod, Answer } from './backend.ts';
import { SERVER_ERROR } from './errors.ts';

/** What became of a captured call, as the daemon knows it. */
export type CallOutcome = {
  readonly code: VerdictCode;
  readonly receiptId: string;
  readonly ruleId?: string;
  /** What the tool returned, where it returned anything; an upstream error as `$error`. */
  readonly output?: Json;
  /** Parameters a person changed before it was decided. */
  readonly edited?: readonly string[];
};

/** Constant words for the model; what exactly was wrong stays in the receipt. */
const OPENINGS: Readonly<Record<string, string>> = {
  AccessDenied: 'Refused',
  PendingApproval: 'Waiting for a person to approve exactly this',
  PolicyBlocked: 'Blocked by policy',
  ResolverContractViolation: 'Refused, no valid contract for this tool call',
  ExecutionContractViolation: 'Performed, but the required evidence is missing',
};

/**
 * The MCP answer for a call (whitepaper 2.2.4). What the tool itself returned passes verbatim,
 * errors included, where it is the whole story: on completion, and on a failure before any effect.
 * What else became of a method other than `tools/call` is a JSON-RPC error.
 */
export function answerFor(outcome: CallOutcome, method: ActMethod = 'tools/call'): Answer {
  const answer = answerOf(outcome, method);
  return outcome.edited === undefined ? answer : noted(answer, outcome.edited, method);
}

/** Whoever asked must not take the answer for that to what was asked. */
function noted(answer: Answer, edited: readonly string[], method: ActMethod): Answer {
  if (answer.kind === 'error' || !isObject(answer.result)) return answer;
  const { content, _meta: given } = answer.result;
  const _meta = { ...(isObject(given) ? given : {}), 'ioi/edited': [...edited] };
  const text = `A person edited this call (${edited.join(', ')}): this is of the edited call.`;
  const isTool = method === 'tools/call' && Array.isArray(content);
  const words = isTool ? { content: [...content, { type: 'text', text }] } : {};
  return { ...answer, result: { ...answer.result, ...words, _meta } };
}

function answerOf(outcome: CallOutcome, method: ActMethod): Answer {
  const { code, output } = outcome;
  if (code === 'execution.completed' && output !== undefined) return passed(output);
  if (code === 'execution.failed_before_effect' && output !== undefined) {
    return marked(passed(output), outcome);
  }
  // Tools alone have results that say that something went wrong.
  if (method !== 'tools/call') {
    const error = { code: SERVER_ERROR, message: sentence(outcome), data: metaOf(outcome) };
    return { kind: 'error', error };
  }
  const content: Json[] = [{ type: 'text', text: sentence(outcome) }];
  const reported = code === 'execution.effect_unknown' && isObject(output) ? output['content'] : [];
  if (Array.isArray(reported)) content.push(...reported);
  const isError = code !== 'execution.completed';
  return { kind: 'result', result: { content, isError, _meta: metaOf(outcome) } };
}

/** A failure the tool reported itself still says which receipt holds it. */
function marked(answer: Answer, outcome: CallOutcome): Answer {
  if (answer.kind === 'error' || !isObject(answer.result)) return answer;
  const given = answer.result['_meta'];
  const _meta = { ...(isObject(given) ? given : {}), ...metaOf(outcome) };
  return { kind: 'result', result: { ...answer.result, _meta } };
}

function passed(output: Json): Answer {
  const error = isObject(output) ? upstreamError(output) : undefined;
  return error === undefined ? { kind: 'result', result: output } : { kind: 'error', error };
}

/** Drivers hand an upstream's JSON-RPC error over as `{"$error": {code, message, data?}}`. */
function upstreamError(output: JsonObject): RpcError | undefined {
  const error = Object.hasOwn(output, '$error') ? output['$error'] : undefined;
  if (!isObject(error)) return undefined;
  const { code, message, data } = error;
  if (!Number.isSafeInteger(code) || typeof message !== 'string') return undefined;
  return { code: code as number, message, ...(data === undefined ? {} : { data }) };
}

function sentence(outcome: CallOutcome): string {
  const { code, receiptId, ruleId } = outcome;
  const rule = ruleId === undefined ? '' : ` (rule ${ruleId})`;
  return `${opening(code)}: ${code}${rule}. Receipt ${receiptId}.`;
}

function opening(code: VerdictCode): string {
  if (code === 'approval.denied') return 'Denied by a person';
  if (code === 'session.paused') return 'A person paused this session: do not go on';
  if (code === 'authority.denied') return 'Denied by the owner';
  if (code === 'authority.required') return 'Waiting for the owner to grant its scopes';
  if (code === 'execution.failed_before_effect') return 'Failed, nothing happened';
  if (code === 'execution.effect_unknown') return 'It may have happened, do not repeat it';
  if (code === 'execution.completed') return 'Performed, without output';
  return OPENINGS[classOf(code)] ?? 'Refused';
}

function metaOf(outcome: CallOutcome): JsonObject {
  const { code, receiptId, ruleId } = outcome;
  return {
    'ioi/receipt': receiptId,
    'ioi/code': code,
    'ioi/class': classOf(code),
    ...(ruleId === undefined ? {} : { 'ioi/rule': ruleId }),
  };
}
