import type { Json } from '@ioi/canon';
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
export function answerOfExecution({ target, receipt, receiptId, output }: Executed): StepAnswer {
  const code = executionCode(receipt);
  if (code !== 'execution.completed') {
    return { kind: 'failed', code, message: `${receipt.detail ?? code}; receipt ${receiptId}` };
  }
  if (receipt.reported_error) {
    const message = JSON.stringify(output ?? null)
      .slice(0, LONGEST)
      .toWellFormed();
    return { kind: 'failed', code: 'tool.reported_error', message };
  }
  if (target !== 'net::fetch')
    return { kind: 'done', output: toJson(output), receipt_id: receiptId };
  return answerOfReply(output as NetworkReceipt, receiptId);
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

/** As it is kept and told again: what is no JSON is left out of it. */
function toJson(output: unknown): Json {
  return JSON.parse(JSON.stringify(output ?? null)) as Json;
}
