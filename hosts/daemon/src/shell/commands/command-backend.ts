import { assert } from '@ioi/basis';
import { digestBytes, digestOf, type Json } from '@ioi/canon';
import { NOT_STARTED_CODE } from '@ioi/drivers/shell';
import type { CommandAct, CommandAnswer, CommandAsking, CommandBackend } from '@ioi/gateway/shell';
import { isObject } from '@ioi/jsonrpc';
import { commandContract } from '@ioi/law';
import type { InputResponses, RefuseCall } from '@ioi/protocol';
import { type Answer, receiptIn } from '../../core/index.ts';
import { type Bound, type Capturing, captureBound } from '../mcp/capture.ts';
import type { Session } from '../mcp/session.ts';
import type { RunRecord } from '../web/run-record.ts';
import type { Writer } from '../writer.ts';

export type CommandOptions = Capturing & {
  readonly writer: Writer;
  readonly isolationTier: RefuseCall['isolation_tier'];
};

export type CommandClient = {
  readonly session: Session;
  /** What paths are read against. */
  readonly folder: string;
  readonly record: RunRecord;
};

/** Everything the node does for what one program has a shell do: nothing here decides. */
export class RunCommands implements CommandBackend {
  readonly #options: CommandOptions;
  readonly #client: CommandClient;

  constructor(options: CommandOptions, client: CommandClient) {
    this.#options = options;
    this.#client = client;
  }

  async act(act: CommandAct, asking: CommandAsking): Promise<CommandAnswer> {
    const { session, record, folder } = this.#client;
    const { boundary } = this.#options;
    const captured = await captureBound(boundOf(act, folder), session, this.#options);
    if ('refusal' in captured) {
      const { code, message } = captured.refusal;
      return this.#refused(message, act.command, knownOf(code));
    }
    const { call, payloads } = captured;
    const caller = {
      signal: asking.signal,
      onPending: () => asking.onPending(call.requestHash),
      ask: async ({ run: asked }: Asked): Promise<InputResponses> => ({
        run: responseTo(await asking.run(asked?.params as CommandAct)),
      }),
    };
    const submission = boundary.submit(call, caller, payloads);
    // Approved with no shell there, it could not be done: so it waits no longer than its shell.
    const giveUp = (): void => boundary.denied(call.requestHash, 'cancelled');
    if (asking.signal.aborted) giveUp();
    else asking.signal.addEventListener('abort', giveUp, { once: true });
    const answer = await submission.answer;
    asking.signal.removeEventListener('abort', giveUp);
    return answered(answer, record);
  }

  refuse(raw: string): Promise<CommandAnswer> {
    return this.#refused('what a shell asks has a command and a cwd', raw, 'request.invalid');
  }

  async #refused(message: string, raw: string, code: RefuseCall['code']): Promise<CommandAnswer> {
    const { writer, isolationTier: isolation_tier } = this.#options;
    const { session, record } = this.#client;
    const { agent_id } = session.origin;
    const detail = message.slice(0, 1000).toWellFormed();
    const payload = { raw_hash: digestBytes(raw), agent_id, code, detail, isolation_tier };
    const submitted = await writer.submit('action.refuse', payload);
    const receipt = submitted.ok ? receiptIn(submitted.value.entry)?.receipt_id : undefined;
    record.count('refused', receipt);
    return refusing(code, detail, { receipt_id: receipt });
  }
}

type Asked = { readonly run?: { readonly params?: Json } };

function boundOf({ command, cwd }: CommandAct, root: string): Bound {
  const contract = commandContract();
  const hash = digestOf(contract);
  assert(hash.ok, 'our own contracts have a canonical form');
  const own = { contract, hash: hash.value };
  return { contract: own, arguments: { command, cwd }, root };
}

/** A shell that went without a word may have done anything of it. */
function responseTo(told: Json | undefined): InputResponses[string] {
  if (!isObject(told)) return failure(0, 'its shell went while it was at it');
  const { ended, unknown, not_started: why } = told;
  if (ended !== undefined) return { kind: 'result', result: ended as Json };
  if (unknown !== undefined) return failure(0, String(unknown).slice(0, 1000));
  return failure(NOT_STARTED_CODE, String(why).slice(0, 1000));
}

function failure(code: number, message: string): InputResponses[string] {
  return { kind: 'error', error: { code, message } };
}

const REFUSALS: readonly RefuseCall['code'][] = [
  'canon.refused',
  'request.too_large',
  'contract.arguments_invalid',
  'session.paused',
];

function knownOf(code: string): RefuseCall['code'] {
  return REFUSALS.find((each) => each === code) ?? 'request.invalid';
}

function answered(answer: Answer, record: RunRecord): CommandAnswer {
  if (answer.kind === 'failed') {
    record.count('unanswered', undefined);
    return refusing(answer.code, answer.message);
  }
  if (answer.kind === 'blocked') {
    const { code, receiptId, ruleId } = answer.decision;
    record.count('blocked', receiptId);
    return refusing(code, TITLES[code] ?? code, { receipt_id: receiptId, rule_id: ruleId });
  }
  const { outcome, receiptId: receipt_id } = answer;
  const isWhole = outcome.kind === 'completed';
  record.count(isWhole ? 'allowed' : 'unanswered', receipt_id);
  if (isWhole) return { kind: 'done', receipt_id };
  return refusing(`execution.${outcome.kind}`, outcome.reason, { receipt_id });
}

const TITLES: Readonly<Record<string, string>> = {
  'policy.default_deny': 'no rule of the policy allows it',
  'policy.blocked': 'a rule of the policy blocks it',
  'approval.denied': 'a person denied it',
  'session.paused': 'a person paused this program, or stopped everything',
};

type About = { readonly receipt_id?: string | undefined; readonly rule_id?: string | undefined };

function refusing(code: string, title: string, about: About = {}): CommandAnswer {
  const { receipt_id, rule_id } = about;
  return {
    kind: 'refused',
    code,
    title,
    ...(receipt_id === undefined ? {} : { receipt_id }),
    ...(rule_id === undefined ? {} : { rule_id }),
  };
}
