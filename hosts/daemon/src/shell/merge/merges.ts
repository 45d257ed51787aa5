import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { mergeContract } from '@ioi/law';
import type { RefuseCall, Rejection, RunMerge } from '@ioi/protocol';
import type { Answer, Call, Decided } from '../../core/index.ts';
import { type Bound, type Capturing, captureBound } from '../mcp/capture.ts';
import { Session } from '../mcp/session.ts';
import type { Writer } from '../writer.ts';
import type { MergeGate } from './merge-gate.ts';
import type { Described } from './merge-jobs.ts';

export type MergesOptions = Capturing & {
  readonly gate: MergeGate;
  readonly writer: Writer;
  readonly nodeId: string;
  readonly isolationTier: RefuseCall['isolation_tier'];
};

type Merged = Result<RunMerge, Rejection>;

/** Asks at the boundary that what a run changed goes into its folders: nothing here decides. */
export class Merges {
  readonly #options: MergesOptions;

  constructor(options: MergesOptions) {
    this.#options = options;
  }

  async merge(runId: string): Promise<Merged> {
    const found = await this.#options.gate.describe(runId);
    if (!found.ok) return found;
    const { nodeId, boundary } = this.#options;
    const nodeName = nodeId.slice('node://'.length);
    const session = new Session(`agent://${nodeName}/run/${found.value.name}`, undefined);
    const { session_id } = session.origin;
    boundary.arrived(session_id);
    try {
      return await this.#submit(found.value, session);
    } finally {
      boundary.left(session_id);
    }
  }

  async #submit(described: Described, session: Session): Promise<Merged> {
    const { boundary } = this.#options;
    if (described.refusal) return this.#refuse(described, session, described.refusal);
    const captured = await captureBound(boundOf(described), session, this.#options);
    if ('refusal' in captured) return this.#refuse(described, session, captured.refusal);
    const { call, payloads } = captured;
    const paused = Promise.withResolvers<Decided>();
    const caller = { signal: new AbortController().signal, onPending: paused.resolve };
    const { answer, abandon } = boundary.submit(call, caller, payloads);
    const first = await Promise.race([answer, paused.promise]);
    if ('kind' in first) return answered(first, described, call);
    // It is done when a person approves it, whoever asks again by then.
    abandon();
    const waiting = boundary.waiting().find(({ intent }) => intent === call.intent) ?? call;
    return ok(about(described, waiting, { state: 'pending', receipt_id: first.receiptId }));
  }

  /** It never became a request, and is on record all the same. */
  async #refuse(
    { changeSet }: Described,
    { origin }: Session,
    { code, message }: Rejection,
  ): Promise<Merged> {
    const { writer, isolationTier } = this.#options;
    const detail = `${code}: ${message}`.slice(0, 1000).toWellFormed();
    await writer.submit('action.refuse', {
      raw_hash: changeSet,
      agent_id: origin.agent_id,
      code: REFUSALS.find((each) => each === code) ?? 'request.invalid',
      detail,
      isolation_tier: isolationTier,
    });
    const isLarge = code === 'request.too_large' || code === 'contract.arguments_invalid';
    return err({ code: isLarge ? 'merge.too_much' : code, message });
  }
}

const REFUSALS: readonly RefuseCall['code'][] = [
  'request.too_large',
  'contract.arguments_invalid',
  'session.paused',
];

const WHY: Readonly<Record<string, string>> = {
  'policy.default_deny': 'no rule allows fs::merge of these paths',
  'request.invalid': 'it cannot be merged as it stands, for what the receipt says',
};

function boundOf(described: Described): Bound {
  const { runId: run, paths, executedLater, summary, changeSet, changes, diff } = described;
  const contract = mergeContract(executedLater.length > 0);
  const hash = digestOf(contract);
  if (!hash.ok) throw new Error('our own contracts have a canonical form');
  return {
    contract: { contract, hash: hash.value as Digest },
    arguments: {
      ...{ run, paths: [...paths], executed_later: [...executedLater], summary },
      ...{ change_set: changeSet, changes, diff },
    },
    root: undefined,
  };
}

function about(
  { runId, changeSet }: Described,
  { requestHash }: Call,
  ended: Pick<RunMerge, 'state' | 'receipt_id' | 'merge_id'>,
): RunMerge {
  return { run_id: runId, change_set: changeSet, request_hash: requestHash, ...ended };
}

function answered(answer: Answer, described: Described, call: Call): Merged {
  if (answer.kind === 'failed') return err({ code: answer.code, message: answer.message });
  if (answer.kind === 'blocked') {
    const { code, ruleId, receiptId } = answer.decision;
    const why = ruleId === undefined ? (WHY[code] ?? code) : `rule ${ruleId}`;
    return err({ code, message: `not merged: ${why}; receipt ${receiptId}` });
  }
  const { outcome, receiptId } = answer;
  if (outcome.kind !== 'completed') {
    const message = `not merged: ${outcome.reason}; receipt ${receiptId}`;
    return err({ code: `execution.${outcome.kind}`, message });
  }
  const { merge_id } = outcome.output as { readonly merge_id: string };
  return ok(about(described, call, { state: 'merged', receipt_id: receiptId, merge_id }));
}
