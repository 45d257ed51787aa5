import { err, ok, type Result } from '@ioi/basis';
import type { WebAct, WebRefusal } from '@ioi/gateway';
import {
  MOST_READ_BYTES,
  type WebAnswer,
  type WebAsking,
  type WebBackend,
} from '@ioi/gateway/shell';
import { MODELS_PLACE, type RoutingTable, readPassed, type TokenUsage } from '@ioi/law';
import type { RunModel } from '@ioi/protocol';
import { bindPassed } from '../models/bind-passed.ts';
import { type ActClient, type Done, refusing, WebActs, type WebOptions } from './web-acts.ts';

export type ModelsOptions = WebOptions & {
  /** As it is now. */
  readonly routing: () => RoutingTable;
};

export type ModelsClient = ActClient & { readonly models: readonly RunModel[] };

/** What an act that asked a model says came of it. */
type Output = {
  readonly code?: string;
  readonly route?: string;
  readonly asked_model?: string;
  readonly served?: string;
  readonly status?: number;
  readonly usage?: TokenUsage;
};

/**
 * The models of one program, as it knows them: at an address of its sandbox, in the words of a
 * provider. Whatever key it sends stays here; what answers is said by the routes of the node.
 */
export class RunModels implements WebBackend {
  readonly #options: ModelsOptions;
  readonly #client: ModelsClient;
  readonly #acts: WebActs;

  constructor(options: ModelsOptions, client: ModelsClient) {
    this.#options = options;
    this.#client = client;
    this.#acts = new WebActs(options, client);
  }

  reaches(host: string, port: number): boolean {
    return host === MODELS_PLACE.host && port === MODELS_PLACE.port;
  }

  async act(act: WebAct, asking: WebAsking): Promise<WebAnswer> {
    const { url, method, headers, body } = act;
    if (act.isSocket) {
      return this.#no({ code: 'web.upgrade_refused', message: 'models are asked over HTTP' }, url);
    }
    if (act.large !== undefined) {
      const message = `a question is read whole, up to ${MOST_READ_BYTES} bytes`;
      return this.#no({ code: 'web.body_not_read', message }, url);
    }
    const asked = readPassed({ method, url, headers, body });
    if (!asked.ok) return this.#no(asked.error, url);
    const { models, record } = this.#client;
    const table = this.#table();
    if (!table.ok) return this.#no(table.error, url);
    const bound = bindPassed(asked.value, models, table.value);
    if (!bound.ok) return this.#no(bound.error, url);
    const performed = (done: Done): WebAnswer | undefined => {
      const output = Object(done.outcome.output) as Output;
      const { served, usage, route = '' } = output;
      if (served !== undefined) record.served({ route, asked: asked.value.model, served }, usage);
      return answerOf(output, done);
    };
    return spoken(await this.#acts.perform({ bound: bound.value, url, performed }, asking));
  }

  refuse(refusal: WebRefusal, raw: Uint8Array): Promise<string | undefined> {
    return this.#acts.refuse(refusal, raw);
  }

  async #no(refusal: WebRefusal, url: string): Promise<WebAnswer> {
    const receipt = await this.refuse(refusal, Buffer.from(url));
    const { code, message: why } = refusal;
    return spoken(refusing({ code, status: STATUS[code] ?? 403, receipt, why }));
  }

  /** A person may be in the midst of writing it: what they wrote is told to no program. */
  #table(): Result<RoutingTable, WebRefusal> {
    try {
      return ok(this.#options.routing());
    } catch {
      return err({ code: 'config.invalid', message: UNREAD });
    }
  }
}

const UNREAD = 'the node cannot read its routes by now';
const STATUS: { readonly [code in WebRefusal['code']]?: number } = {
  'model.no_operation': 404,
  'model.malformed': 400,
  'model.no_words': 400,
  'config.invalid': 503,
};

/** What no server said is said by the node; of what a server said the program has the words. */
function answerOf({ code, status }: Output, done: Done): WebAnswer | undefined {
  const { outcome, receipt, requestHash, isBegun } = done;
  if (isBegun) return code === 'model.broken' ? { kind: 'broken' } : undefined;
  const about = { receipt, requestHash };
  if (outcome.kind === 'failed_before_effect') {
    const isUnread = outcome.reason.startsWith('config.invalid: ');
    if (isUnread) return refusing({ code: 'config.invalid', status: 503, why: UNREAD, ...about });
    const why = 'no candidate of its route was asked';
    return refusing({ code: 'model.not_reached', status: 502, why, ...about });
  }
  if (code === undefined || status !== undefined) return undefined;
  const isPolicy = code === 'ERR_UPSTREAM_POLICY_VIOLATION';
  const why = isPolicy ? 'every candidate refused by its policy' : WORDS[code];
  return refusing({ code, status: isPolicy ? 403 : 502, ...about, ...(why && { why }) });
}

const WORDS: Readonly<Record<string, string>> = {
  'model.failed': 'what a server answered is no answer of a model',
  'model.not_reached': 'no candidate of its route was reached',
};

/** Programs look for `error` there, whatever their provider. */
function spoken(answer: WebAnswer): WebAnswer {
  if (answer.kind !== 'problem') return answer;
  const { code, title } = answer.problem;
  return { kind: 'problem', problem: { ...answer.problem, error: { type: code, message: title } } };
}
