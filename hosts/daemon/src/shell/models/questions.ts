import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { RoutingTable } from '@ioi/law';
import type { ModelAnswered, ModelRoutes, Rejection } from '@ioi/protocol';
import { type Answer, type Call, type Decided, executionCode } from '../../core/index.ts';
import { type Capturing, captureBound } from '../mcp/capture.ts';
import { Session } from '../mcp/session.ts';
import { bindModel } from './bind-model.ts';

export type QuestionsOptions = Capturing & {
  readonly nodeId: string;
  readonly routing: () => RoutingTable;
};

type Answered = Result<ModelAnswered, Rejection>;

/** Questions of the owner of this node to models, by route: nothing here decides. */
export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  routes(): ModelRoutes {
    const routes = Object.entries(this.#options.routing());
    return {
      routes: routes.map(([name, candidates]) => ({
        name,
        candidates: candidates.map((each) => ({ ...each })),
      })),
    };
  }

  async ask(params: Readonly<Record<string, Json>>): Promise<Answered> {
    const { boundary, nodeId, routing } = this.#options;
    const bound = bindModel(params, routing());
    if (!bound.ok) return bound;
    const nodeName = nodeId.slice('node://'.length);
    const session = new Session(`agent://${nodeName}/models`, undefined);
    const { session_id } = session.origin;
    boundary.arrived(session_id);
    try {
      const captured = await captureBound(bound.value, session, this.#options);
      if ('refusal' in captured) return err(captured.refusal);
      const { call, payloads } = captured;
      const paused = Promise.withResolvers<Decided>();
      const caller = { signal: new AbortController().signal, onPending: paused.resolve };
      const { answer, abandon } = boundary.submit(call, caller, payloads);
      const first = await Promise.race([answer, paused.promise]);
      if ('kind' in first) return answered(first, call);
      // Whoever asks the same again after it was approved is told what it was answered.
      abandon();
      const { requestHash: request_hash } = call;
      return ok({ state: 'pending', request_hash, receipt_id: first.receiptId });
    } finally {
      boundary.left(session_id);
    }
  }
}

function answered(answer: Answer, { requestHash: request_hash }: Call): Answered {
  if (answer.kind === 'failed') return err({ code: answer.code, message: answer.message });
  if (answer.kind === 'blocked') {
    const { code, ruleId, receiptId } = answer.decision;
    const why = ruleId === undefined ? 'no rule allows model::invoke' : `rule ${ruleId}`;
    return err({ code, message: `not asked: ${why}; receipt ${receiptId}` });
  }
  const { outcome, receipt, receiptId } = answer;
  const code = executionCode(receipt);
  if (outcome.kind !== 'completed' || code !== 'execution.completed') {
    const why = outcome.kind === 'completed' ? (receipt.detail ?? code) : outcome.reason;
    return err({ code, message: `no answer: ${why}; receipt ${receiptId}` });
  }
  const output = outcome.output as ModelAnswered['answer'] & { readonly code?: string };
  const about = { request_hash, receipt_id: receiptId };
  if (!outcome.reportedError) return ok({ state: 'served', ...about, answer: output });
  return err({
    code: output?.code ?? 'model.failed',
    message: `no candidate served; receipt ${receiptId}`,
  });
}
