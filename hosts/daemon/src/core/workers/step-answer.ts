import { canonicalJson, type Json } from '@ioi/canon';
import type { NetworkReceipt, StepAnswer, ToolExecutionReceipt } from '@ioi/protocol';
import type { Decided } from '../action.ts';
import { executionCode } from '../result.ts';

const LONGEST = 4000;

/** What a worker is told of an act that was not let through: the same whenever it is told. */
export function answerOfDecision({ code, ruleId, receiptId }: Decided): StepAnswer {
  const why = ruleId === undefined ? code : `${code}, by rule ${ruleId}`;
  return { kind: 'refused', code, message: `${why}; receipt ${receiptId}` };
}

export type Executed = {
  readonly target: string;
  readonly receipt: ToolExecutionReceipt;
  readonly receiptId: string;
  readonly output: unknown;
};

/** What it is told of one that was performed, drawn from what is sealed of it. */
export function answerOfExecution({ target, receipt, receiptId, ...given }: Executed): StepAnswer {
  const output = toJson(given.output);
  const code = executionCode(receipt);
  if (code !== 'execution.completed') {
    return { kind: 'failed', code, message: `${receipt.detail ?? code}; receipt ${receiptId}` };
  }
  if (receipt.reported_error) {
    const message = JSON.stringify(output).slice(0, LONGEST).toWellFormed();
    return { kind: 'failed', code: reportedCode(target, output), message };
  }
  if (target === 'person::ask') {
    const { structuredContent: said = null } = Object(output) as { structuredContent?: Json };
    return { kind: 'done', output: said, receipt_id: receiptId };
  }
  if (target !== 'net::fetch') return { kind: 'done', output, receipt_id: receiptId };
  return answerOfReply(output as unknown as NetworkReceipt, receiptId);
}

/** Why no model served is a code of its own (whitepaper 8.3.1.3). */
function reportedCode(target: string, output: unknown): string {
  const { code } = Object(output) as { readonly code?: unknown };
  return target === 'model::invoke' && typeof code === 'string' ? code : 'tool.reported_error';
}

function answerOfReply(reply: NetworkReceipt, receiptId: string): StepAnswer {
  const { status, response_headers: headers, response_body: body } = reply;
  if (body === undefined || body.encoding !== 'utf8') {
    const message = 'what came back is no text, or longer than is kept of an answer';
    return { kind: 'failed', code: 'web.answer_not_text', message };
  }
  const named = headers.map(([name = '', value = '']) => [name.toLowerCase(), value] as const);
  const output = { status, headers: Object.fromEntries(named), body: body.data };
  return { kind: 'done', output, receipt_id: receiptId };
}

/** As it is kept and told again, members in the same order: what is no JSON is left out of it. */
function toJson(output: unknown): Json {
  const plain = JSON.parse(JSON.stringify(output ?? null)) as Json;
  const canonical = canonicalJson(plain);
  return canonical.ok ? (JSON.parse(canonical.value) as Json) : plain;
}
