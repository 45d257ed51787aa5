import { assert, BoundedMap, ok, type Result } from '@ioi/basis';
import type { Digest, Json } from '@ioi/canon';
import type {
  ActionFacts,
  Driver,
  Edge,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  SealedAction,
} from '@ioi/protocol';
import { answerOf, type ModelQuestion, requestOf } from '../../core/router/provider-shapes.ts';
import { type Became, startRoute, stepRoute } from '../../core/router/route.ts';
import {
  type ModelCandidate,
  nameOfCandidate,
  type RoutingTable,
} from '../../core/router/routing-table.ts';

type Given = Readonly<Record<string, Json>>;

export type ModelDriverOptions = {
  /** As it is now. */
  readonly table: () => RoutingTable;
  readonly argumentsOf: (action: SealedAction) => Result<Given, Rejection>;
};

const REMEMBERED = 4096;
const MOST_ANSWER_BYTES = 1_048_576;

/** Asks the models of a route, on this machine, in the order that was sealed. */
export class ModelDriver implements Driver {
  readonly name = 'models';
  readonly #options: ModelDriverOptions;
  readonly #performed = new BoundedMap<Digest, true>(REMEMBERED);

  constructor(options: ModelDriverOptions) {
    this.#options = options;
  }

  async gather(): Promise<Result<ActionFacts, Rejection>> {
    return ok({});
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { committedHash } = action;
    assert(!this.#performed.has(committedHash), 'an action is performed once');
    this.#performed.set(committedHash, true);
    const given = this.#options.argumentsOf(action);
    if (!given.ok) return failed(given.error.message);
    const { route, candidates: sealed, messages, max_tokens: most } = given.value;
    const candidates = this.#options.table()[String(route)] ?? [];
    const names = candidates.map(nameOfCandidate);
    if (JSON.stringify(names) !== JSON.stringify(sealed)) {
      return failed(`route ${route} is another one by now`);
    }
    const question = {
      messages: JSON.parse(String(messages)) as ModelQuestion['messages'],
      max_tokens: Number(most),
    };
    return this.#ask({ route: String(route), candidates, question, action }, options);
  }

  async reconcile(): Promise<Reconciliation> {
    return { kind: 'unknown', reason: 'whether the model was asked is not known' };
  }

  async #ask({ route, candidates, question, action }: Asking, options: PerformOptions) {
    const timeout = AbortSignal.timeout(action.contract.limits.timeout_ms);
    const cut = new AbortController();
    const cancel = (): void => cut.abort();
    options.signal.addEventListener('abort', cancel);
    const signal = AbortSignal.any([timeout, cut.signal]);
    try {
      let step = startRoute(candidates);
      while (step.kind === 'ask') {
        if (signal.aborted) return failed('cancelled');
        const became = await askOne(step.candidate, question, signal);
        if (became.kind === 'unknown')
          return { kind: 'effect_unknown', reason: became.why } as const;
        step = stepRoute(step.state, route, became);
      }
      if (step.kind === 'served') return completed(step.served, false);
      const isAny = step.tried.some(({ code }) => code !== 'model.not_reached');
      const { code, tried } = step;
      // Where a server answered, something was done: that is told as what it is.
      if (isAny) return completed({ code, tried }, true);
      return failed(`${code}: ${tried.map(({ candidate }) => candidate).join('; ')}`);
    } finally {
      options.signal.removeEventListener('abort', cancel);
    }
  }
}

type Asking = {
  readonly route: string;
  readonly candidates: readonly ModelCandidate[];
  readonly question: ModelQuestion;
  readonly action: SealedAction;
};

type Asked = Became | { readonly kind: 'unknown'; readonly why: string };

/** Nobody listens: then nothing was sent. Of what broke off later nobody knows. */
const NOT_SENT = ['ECONNREFUSED', 'EADDRNOTAVAIL', 'EHOSTUNREACH', 'ENETUNREACH'];

async function askOne(
  candidate: ModelCandidate,
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<Asked> {
  const { url, headers, body } = requestOf(candidate, question);
  const about = { method: 'POST', headers, body: JSON.stringify(body), signal } as const;
  try {
    const response = await fetch(url, { ...about, redirect: 'error' });
    const text = await textIn(response);
    if (text === undefined) return { kind: 'failed', why: 'an answer that is too long' };
    return answerOf(candidate, response.status, jsonIn(text));
  } catch (fault) {
    const { cause } = fault as { readonly cause?: { readonly code?: unknown } };
    const why = String(cause?.code ?? fault);
    return { kind: NOT_SENT.includes(why) ? 'not_reached' : 'unknown', why };
  }
}

async function textIn(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function completed(output: unknown, reportedError: boolean): Outcome {
  const postconditions = [{ name: 'output_present', satisfied: true }];
  return { kind: 'completed', output, reportedError, postconditions };
}

function failed(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason: reason.toWellFormed() };
}
