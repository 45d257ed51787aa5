import { assert } from '@ioi/basis';
import { digestBytes, digestOf } from '@ioi/canon';
import { LISTEN_HOST, listenContract } from '@ioi/law';
import type { RefuseCall, RunPortTold } from '@ioi/protocol';
import { receiptIn } from '../../core/index.ts';
import { type Bound, type Capturing, captureBound } from '../mcp/capture.ts';
import type { Session } from '../mcp/session.ts';
import type { Writer } from '../writer.ts';
import type { RunRecord } from './run-record.ts';

export type PortOptions = Capturing & {
  readonly writer: Writer;
  readonly isolationTier: RefuseCall['isolation_tier'];
};

const LEAST = 1024;
const MOST = 65_535;
/** Acts of one run: a program that opens and closes without end is not followed for ever. */
const MOST_ASKED = 200;

/** Ports of one sandbox that programs of this machine reach: each is an act, and lasts. */
export class RunPorts {
  readonly #options: PortOptions;
  readonly #client: { readonly session: Session; readonly record: RunRecord };
  /** The newest ones, with the receipt of each. */
  readonly #opened = new Map<number, string>();
  #asked = 0;

  constructor(options: PortOptions, client: { session: Session; record: RunRecord }) {
    this.#options = options;
    this.#client = client;
  }

  get opened(): readonly { readonly port: number; readonly receipt_id: string }[] {
    return [...this.#opened].map(([port, receipt_id]) => ({ port, receipt_id }));
  }

  async ask(port: number, signal: AbortSignal): Promise<RunPortTold> {
    this.#asked += 1;
    const isOne = Number.isInteger(port) && port >= LEAST && port <= MOST;
    if (!isOne) return this.#refused('request.invalid', `a port is of ${LEAST} to ${MOST}`);
    if (this.#asked > MOST_ASKED) return { code: 'port.too_many', title: `${MOST_ASKED} acts` };
    const { session, record } = this.#client;
    const { boundary } = this.#options;
    const captured = await captureBound(boundOf(port), session, this.#options);
    if ('refusal' in captured) {
      const { code, message } = captured.refusal;
      return this.#refused(code === 'session.paused' ? code : 'request.invalid', message);
    }
    const { call, payloads } = captured;
    const result = { kind: 'result', result: { port } } as const;
    const submission = boundary.submit(
      call,
      { signal, onPending: () => {}, ask: async () => ({ opened: result }) },
      payloads,
    );
    const giveUp = (): void => boundary.denied(call.requestHash, 'cancelled');
    signal.addEventListener('abort', giveUp, { once: true });
    const answer = await submission.answer;
    signal.removeEventListener('abort', giveUp);
    if (answer.kind === 'failed') return { code: answer.code, title: answer.message };
    if (answer.kind === 'blocked') {
      const { code, receiptId: receipt_id, ruleId: rule_id } = answer.decision;
      record.count('blocked', receipt_id);
      return { code, title: 'the policy', receipt_id, ...(rule_id ? { rule_id } : {}) };
    }
    const { outcome, receiptId: receipt_id } = answer;
    const isOpen = outcome.kind === 'completed';
    record.count(isOpen ? 'allowed' : 'unanswered', receipt_id);
    if (!isOpen) return { code: `execution.${outcome.kind}`, title: outcome.reason, receipt_id };
    this.#opened.delete(port);
    this.#opened.set(port, receipt_id);
    return { port, receipt_id };
  }

  async #refused(code: RefuseCall['code'], detail: string): Promise<RunPortTold> {
    const { writer, isolationTier: isolation_tier } = this.#options;
    const { session, record } = this.#client;
    const { agent_id } = session.origin;
    const payload = { raw_hash: digestBytes(detail), agent_id, code, detail, isolation_tier };
    const submitted = await writer.submit('action.refuse', payload);
    const receipt_id = submitted.ok ? receiptIn(submitted.value.entry)?.receipt_id : undefined;
    record.count('refused', receipt_id);
    return { code, title: detail, ...(receipt_id ? { receipt_id } : {}) };
  }
}

function boundOf(port: number): Bound {
  const contract = listenContract();
  const hash = digestOf(contract);
  assert(hash.ok, 'our own contracts have a canonical form');
  const given = { host: LISTEN_HOST, port, protocol: 'tcp' };
  return { contract: { contract, hash: hash.value }, arguments: given, root: undefined };
}
