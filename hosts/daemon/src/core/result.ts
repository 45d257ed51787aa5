import type { VerdictCode } from '@ioi/protocol';
import type { Answer } from './action.ts';

/** What the door tells the caller (systems/gateway turns it into an MCP answer). */
export type CallResult = {
  readonly code: VerdictCode;
  readonly receiptId: string;
  readonly ruleId?: string;
  readonly output?: unknown;
  /** Parameters a person changed before it was decided. */
  readonly edited?: readonly string[];
};

export function resultOf(answer: Answer): CallResult {
  const { edited } = answer;
  return edited === undefined ? endOf(answer) : { ...endOf(answer), edited };
}

function endOf(answer: Answer): CallResult {
  if (answer.kind === 'blocked') {
    const { code, receiptId, ruleId } = answer.decision;
    return { code: code as VerdictCode, receiptId, ...(ruleId === undefined ? {} : { ruleId }) };
  }
  if (answer.kind === 'failed') return { code: answer.code as VerdictCode, receiptId: 'none' };
  const { outcome, receipt, receiptId } = answer;
  const output = outcome.output === undefined ? {} : { output: outcome.output };
  return { code: executionCode(receipt), receiptId, ...output };
}

export function executionCode(receipt: { outcome: string; satisfied: boolean }): VerdictCode {
  if (receipt.outcome === 'effect_unknown') return 'execution.effect_unknown';
  if (receipt.outcome === 'failed_before_effect') return 'execution.failed_before_effect';
  return receipt.satisfied ? 'execution.completed' : 'execution.contract_violation';
}
