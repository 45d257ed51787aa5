import { assert, BoundedMap, err, neverConnected, ok, type Result, secureUrl } from '@ioi/basis';
import type { Digest, Json } from '@ioi/canon';
import {
  candidateNamed,
  isAsSealed,
  type ModelCandidate,
  type ModelCost,
  type ModelQuestion,
  modelRequestOf,
  nameOfCandidate,
  type ProviderRequest,
  type ProviderShape,
  passesModel,
  type RoutingTable,
  type SaidQuestion,
  saidRequestOf,
  type TokenUsage,
  translationOf,
} from '@ioi/law';
import type {
  ActionFacts,
  ActionRequest,
  Driver,
  Edge,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import {
  type Became,
  giveUpRoute,
  type RouteStep,
  startRoute,
  stepRoute,
} from '../../core/router/route.ts';
import { type Coming, streamedAnswer, wholeAnswer, whyOf } from './model-answer.ts';
import { PassedAnswer } from './passed-answer.ts';

type Given = Readonly<Record<string, Json>>;

/** One candidate of a sealed question, which is asked with a key. */
export type KeyedQuestion = {
  readonly action: SealedAction;
  readonly given: Given;
  /** Its place among those that were sealed. */
  readonly candidate: number;
  readonly streams: boolean;
};

/** What whoever holds keys made of it. */
export type KeyedAnswer =
  | ({ readonly kind: 'answer'; readonly isWhole: () => boolean } & Coming)
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string };

export type ModelDriverOptions = {
  /** As it is now. */
  readonly table: () => RoutingTable;
  readonly argumentsOf: (action: SealedAction) => Result<Given, Rejection>;
  /** Asks with a key, elsewhere; rejects with nothing. Without it no such candidate is asked. */
  readonly keyed?: (question: KeyedQuestion, signal: AbortSignal) => Promise<KeyedAnswer>;
  /** Whether a question ever got as far as a key; from then on it gets no further. */
  readonly wasBegun?: (action: SealedAction) => Promise<boolean | undefined>;
  /** Where a host is, or why it is not asked. */
  readonly resolve?: (host: string) => Promise<Result<readonly string[], string>>;
};

const REMEMBERED = 4096;
const MOST_ADDRESSES = 64;

/** Asks the models of a route in the order that was sealed. */
export class ModelDriver implements Driver {
  readonly name = 'models';
  readonly #options: ModelDriverOptions;
  readonly #performed = new BoundedMap<Digest, true>(REMEMBERED);

  constructor(options: ModelDriverOptions) {
    this.#options = options;
  }

  /** Where servers that take a key are now. A name that leads near is refused. */
  async gather(
    contract: RuntimeToolContract,
    request: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>> {
    if (contract.secret_slots.length === 0) return ok({});
    const { candidates } = request.params;
    const found = new Set<string>();
    for (const each of Array.isArray(candidates) ? candidates : []) {
      const { key, url = '' } = candidateNamed(String(each)) ?? {};
      if (key === undefined) continue;
      const where = await this.#addressesOf(url);
      if (!where.ok) return err({ code: 'model.not_resolved', message: where.error });
      for (const each of where.value) found.add(each);
    }
    return ok({ resolved_addresses: [...found].sort().slice(0, MOST_ADDRESSES) });
  }

  async #addressesOf(url: string): Promise<Result<readonly string[], string>> {
    const place = secureUrl(url);
    if (place?.isLocal) return ok(['127.0.0.1']);
    const { hostname } = new URL(url);
    return (await this.#options.resolve?.(hostname)) ?? err(`${hostname} is looked up by nobody`);
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { committedHash } = action;
    assert(!this.#performed.has(committedHash), 'an action is performed once');
    this.#performed.set(committedHash, true);
    const given = this.#options.argumentsOf(action);
    if (!given.ok) return failed(given.error.message);
    const { route, candidates: sealed } = given.value;
    const names = Array.isArray(sealed) ? sealed.map(String) : [];
    const table = this.#table();
    if (!table.ok) return failed(table.error);
    const known = table.value[String(route)] ?? [];
    const isPassed = passesModel(action.contract);
    // A program has those asked that its question can be put to; a worker all, as they stand.
    const candidates = isPassed ? inOrder(known, names) : known;
    if (JSON.stringify(candidates.map(nameOfCandidate)) !== JSON.stringify(sealed)) {
      return failed(`route ${route} is another one by now`);
    }
    const about = { route: String(route), candidates, given: given.value, action };
    const how = isPassed ? passing(given.value, options) : answering(given.value, options);
    return this.#ask({ ...about, ...how }, options);
  }

  /** A person may be in the midst of writing it: then nothing was asked. */
  #table(): Result<RoutingTable, string> {
    try {
      return ok(this.#options.table());
    } catch {
      return err('config.invalid: the node cannot read its routes by now');
    }
  }

  async reconcile(action: SealedAction): Promise<Reconciliation> {
    const { secret_slots: secrets } = action.contract;
    if (secrets.length > 0 && (await this.#options.wasBegun?.(action)) === false) {
      // One without a key may stand before those with one, as it was sealed.
      const [first] = [action.request.params['candidates']].flat();
      if (candidateNamed(String(first))?.key !== undefined) {
        return { kind: 'not_performed', reason: 'no key was ever told, and none is told any more' };
      }
    }
    return { kind: 'unknown', reason: 'whether the model was asked is not known' };
  }

  async #ask(asking: Asking, options: PerformOptions) {
    const { route, candidates, action } = asking;
    const timeout = AbortSignal.timeout(action.contract.limits.timeout_ms);
    const cut = new AbortController();
    const cancel = (): void => cut.abort();
    options.signal.addEventListener('abort', cancel);
    const signal = AbortSignal.any([timeout, cut.signal]);
    try {
      let step = startRoute(candidates);
      while (step.kind === 'ask') {
        if (signal.aborted) {
          step = giveUpRoute(step.state);
          break;
        }
        const at = step.state.tried.length;
        const became = await this.#askOne(asking, at, signal);
        if (became.kind === 'unknown')
          return { kind: 'effect_unknown', reason: became.why } as const;
        step = stepRoute(step.state, route, became);
      }
      if (step.kind === 'served') return completed(asking.toldOf(step), false);
      const isAny = step.tried.some(({ code }) => code !== 'model.not_reached');
      const { code, tried } = step;
      // Where a server answered, something was done: that is told as what it is.
      if (isAny) return completed(asking.toldOf(step), true);
      if (signal.aborted) return failed('cancelled');
      return failed(`${code}: ${tried.map((each) => `${each.candidate} ${each.why}`).join('; ')}`);
    } finally {
      options.signal.removeEventListener('abort', cancel);
    }
  }

  async #askOne(asking: Asking, candidate: number, signal: AbortSignal): Promise<Asked> {
    const { candidates, action, given, streams } = asking;
    const asked = candidates[candidate] as ModelCandidate;
    const take = (coming: Coming) => asking.take(asked, coming);
    if (asked.key === undefined) return askHere(asking.requestOf(asked, candidate), signal, take);
    const { keyed = nobody } = this.#options;
    const answer = await keyed({ action, given, candidate, streams }, signal);
    if (answer.kind === 'not_sent') return { kind: 'not_reached', why: answer.reason };
    if (answer.kind === 'silent') return { kind: 'unknown', why: answer.reason };
    try {
      const became = await take(answer);
      // Without what the guardian signed of it nobody knows that it is all.
      const isShort = became.kind === 'answered' && !answer.isWhole();
      return isShort ? { kind: 'unknown', why: 'the answer has no receipt' } : became;
    } catch (fault) {
      return { kind: 'unknown', why: whyOf(fault) };
    }
  }
}

type Asking = How & {
  readonly route: string;
  readonly candidates: readonly ModelCandidate[];
  readonly action: SealedAction;
  readonly given: Given;
};

/** How one kind of question is put, and its answer taken. */
type How = {
  readonly streams: boolean;
  readonly requestOf: (candidate: ModelCandidate, at: number) => ProviderRequest | undefined;
  readonly take: (candidate: ModelCandidate, coming: Coming) => Promise<Became>;
  /** The output of the act. */
  readonly toldOf: (step: Exclude<RouteStep, { kind: 'ask' }>) => unknown;
};

/** Of a worker: messages, and a text. */
function answering({ messages, max_tokens: most }: Given, { onText }: PerformOptions): How {
  const question = {
    messages: JSON.parse(String(messages)) as ModelQuestion['messages'],
    max_tokens: Number(most),
  };
  return {
    streams: onText !== undefined,
    requestOf: (candidate) => modelRequestOf(candidate, question, onText !== undefined),
    take: (candidate, coming) =>
      onText ? streamedAnswer(candidate, coming, onText) : wholeAnswer(candidate, coming),
    toldOf: (step) => {
      if (step.kind === 'served') return step.served;
      const { code, tried, broken } = step;
      return { code, tried, ...broken };
    },
  };
}

/** Of a program: what it said, and what came of it, in the words of a provider. */
function passing(given: Given, { onReply }: PerformOptions): How {
  const { asked_model, asked_as, stream, body, max_tokens: most } = given;
  const headers = Array.isArray(given['headers']) ? given['headers'].map(String) : [];
  const said = { isStreamed: stream === true, headers, body: String(body) };
  // The first version of this act was put to its own protocol alone, and said none.
  const questionTo = ({ provider }: ModelCandidate): SaidQuestion => {
    return { ...said, provider: (asked_as ?? provider) as ProviderShape };
  };
  const answer = new PassedAnswer(onReply);
  return {
    streams: stream === true,
    requestOf: (candidate, at) => {
      const made = saidRequestOf(candidate, questionTo(candidate), Number(most) || undefined);
      if (!made.ok) return undefined;
      const { body } = said;
      const isSealed = asked_as === undefined || isAsSealed(made.value, at, { ...given, body });
      return isSealed ? made.value : undefined;
    },
    take: (candidate, coming) => {
      return answer.take(candidate, coming, translationOf(candidate, questionTo(candidate)));
    },
    toldOf: (step) => {
      const { passed } = answer;
      if (step.kind !== 'served') {
        const { code, tried, broken: { text: _, ...broken } = {} } = step;
        return { asked_model, code, tried, ...passed, ...metered(broken) };
      }
      const { text: _, ...served } = step.served;
      return { asked_model, ...metered(served), ...passed };
    },
  };
}

/** Those of a route that were sealed, in the order in which they were. */
function inOrder(
  known: readonly ModelCandidate[],
  names: readonly string[],
): readonly ModelCandidate[] {
  return names.flatMap((name) => known.find((each) => nameOfCandidate(each) === name) ?? []);
}

/** A server that says nothing of tokens took some all the same. */
function metered<T extends { usage?: TokenUsage; cost?: ModelCost }>({ usage, cost, ...told }: T) {
  if (usage === undefined || usage.input_tokens + usage.output_tokens === 0) return told;
  return { ...told, usage, ...(cost === undefined ? {} : { cost }) };
}

type Asked = Became | { readonly kind: 'unknown'; readonly why: string };

const nobody: NonNullable<ModelDriverOptions['keyed']> = async () => {
  return { kind: 'not_sent', reason: 'edge.missing: nobody here puts keys in' };
};

async function askHere(
  request: ProviderRequest | undefined,
  signal: AbortSignal,
  take: (coming: Coming) => Promise<Became>,
): Promise<Asked> {
  if (request === undefined) return { kind: 'not_reached', why: 'it is no question to it' };
  const { url, headers, body } = request;
  // A kept connection may end as it is used again: nobody could tell whether it was asked.
  const own = { ...Object.fromEntries(headers), connection: 'close' };
  const about = { method: 'POST', headers: own, body, signal } as const;
  try {
    const answer = await fetch(url, { ...about, redirect: 'manual' });
    const chunks = answer.body ?? ReadableStream.from([]);
    return await take({ status: answer.status, headers: [...answer.headers], chunks });
  } catch (fault) {
    // Of what broke off later nobody knows.
    return { kind: neverConnected(fault) ? 'not_reached' : 'unknown', why: whyOf(fault) };
  }
}

function completed(output: unknown, reportedError: boolean): Outcome {
  const postconditions = [{ name: 'output_present', satisfied: true }];
  return { kind: 'completed', output, reportedError, postconditions };
}

function failed(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason: reason.toWellFormed() };
}
