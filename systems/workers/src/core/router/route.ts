import {
  costOf,
  type ModelCandidate,
  type ModelCost,
  nameOfCandidate,
  type ProviderAnswer,
  type TokenUsage,
} from '@ioi/law';

/** What a candidate came to that did not serve. */
export type Tried = { readonly candidate: string; readonly code: TriedCode; readonly why: string };
export type TriedCode =
  | 'ERR_UPSTREAM_POLICY_VIOLATION'
  | 'model.not_reached'
  | 'model.failed'
  | 'model.broken';

export type RouteState = {
  readonly candidates: readonly ModelCandidate[];
  readonly tried: readonly Tried[];
};

export type Served = {
  readonly text: string;
  readonly route: string;
  readonly requested: string;
  readonly served: string;
  /** As the server names the model. */
  readonly model: string;
  readonly why: string;
  readonly tried: readonly Tried[];
  readonly usage: TokenUsage;
  readonly cost?: ModelCost;
};

/** An answer that ended before it was whole: what came of it, and what that took. */
type Broken = {
  readonly kind: 'broken';
  readonly why: string;
  readonly text: string;
  readonly usage: TokenUsage;
};

/** What became of asking one candidate. */
export type Became =
  | ProviderAnswer
  | Broken
  | { readonly kind: 'not_reached'; readonly why: string };

export type RouteStep =
  | { readonly kind: 'ask'; readonly candidate: ModelCandidate; readonly state: RouteState }
  | { readonly kind: 'served'; readonly served: Served }
  /** Nothing was sent, so nothing happened; or nobody served. */
  | ({ readonly kind: 'unserved' } & Unserved);

export type Unserved = {
  readonly code: TriedCode;
  readonly tried: readonly Tried[];
  /** Of an answer that broke off. */
  readonly broken?: {
    readonly text: string;
    readonly usage: TokenUsage;
    readonly cost?: ModelCost;
  };
};

/** Which candidate is asked first, and which after one that would or could not: in their order. */
export function startRoute(candidates: readonly ModelCandidate[]): RouteStep {
  return nextOf({ candidates, tried: [] });
}

/** Only a refusal by policy and a server that is not there lead on: a failure may have cost. */
export function stepRoute(state: RouteState, route: string, became: Became): RouteStep {
  const candidate = state.candidates[state.tried.length] as ModelCandidate;
  if (became.kind === 'answered') return served({ ...state, route, candidate }, became);
  const code = codeOf(became.kind);
  const tried = [...state.tried, { candidate: nameOfCandidate(candidate), code, why: became.why }];
  if (became.kind === 'broken') {
    const { text, usage } = became;
    const broken = { text, usage, ...costAt(candidate, usage) };
    return { kind: 'unserved', code, tried, broken };
  }
  return code === 'model.failed' ? { kind: 'unserved', code, tried } : nextOf({ ...state, tried });
}

function costAt({ price }: ModelCandidate, usage: TokenUsage): { readonly cost?: ModelCost } {
  return price === undefined ? {} : { cost: costOf(usage, price) };
}

function codeOf(kind: Exclude<Became['kind'], 'answered'>): TriedCode {
  if (kind === 'policy') return 'ERR_UPSTREAM_POLICY_VIOLATION';
  if (kind === 'broken') return 'model.broken';
  return kind === 'not_reached' ? 'model.not_reached' : 'model.failed';
}

function nextOf(state: RouteState): RouteStep {
  const { candidates, tried } = state;
  const candidate = candidates[tried.length];
  return candidate === undefined ? giveUpRoute(state) : { kind: 'ask', candidate, state };
}

/** Nobody is asked any more: told of whom it was asked. */
export function giveUpRoute({ tried }: RouteState): Extract<RouteStep, { kind: 'unserved' }> {
  // The whitepaper's class (8.3.1.3) is for a request that models refused, not for dead servers.
  const refused = tried.find((each) => each.code === 'ERR_UPSTREAM_POLICY_VIOLATION');
  return { kind: 'unserved', code: (refused ?? tried[0])?.code ?? 'model.not_reached', tried };
}

type Serving = RouteState & { readonly route: string; readonly candidate: ModelCandidate };

function served(
  { candidates, tried, route, candidate }: Serving,
  { text, model, usage }: Extract<ProviderAnswer, { kind: 'answered' }>,
): RouteStep {
  const last = tried.at(-1);
  const requested = nameOfCandidate(candidates[0] ?? candidate);
  const why = last === undefined ? 'first of its route' : `${last.candidate}: ${last.code}`;
  const about = { text, route, requested, served: nameOfCandidate(candidate), model, why, tried };
  return { kind: 'served', served: { ...about, usage, ...costAt(candidate, usage) } };
}
