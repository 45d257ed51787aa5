import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import type { BudgetView } from '../budgets.ts';
import { hostOfUrl } from '../host.ts';
import { decideLayers, type LayeredDecision, type Layers, policiesIn } from '../layers.ts';
import { rankOf } from '../rules.ts';
import { subjectOf } from '../subject.ts';
import type { Contents } from '../texts.ts';
import { fragmentsOf } from './cells.ts';
import { type DimensionName, dimensionNames } from './dimensions.ts';
import { type LiveRule, liveRules } from './live-rule.ts';
import { budgetsIn, type Fragment } from './situation.ts';
import { Work } from './work.ts';

/** One request as it was decided. */
export type DecidedRequest = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly contents?: Contents | undefined;
  readonly budgets: BudgetView;
};

/** What would have had to be otherwise, and what then. */
export type Change = {
  /** One dimension, or two where no single one is enough. */
  readonly about: readonly DimensionName[];
  /** Parameters and facts as they would have to be, or such as these. */
  readonly params: ActionRequest['params'];
  readonly facts: ActionFacts;
  readonly context: ActionRequest['context'];
  readonly decision: LayeredDecision;
};

/** In steps of about a microsecond: a person waits for the answer. */
const MOST_STEPS = 20_000;
const MOST_PLACES = 256;

/** Parameters that say the same: where one is replaced, the others go. */
const SAYING: { readonly [K in DimensionName]?: readonly string[] } = {
  host: ['url', 'host'],
  paths: ['path', 'source', 'destination', 'paths'],
  protocol: ['url', 'protocol'],
  port: ['url', 'port'],
  method: ['method'],
  commands: ['argv', 'command'],
};

/** What a request says in other words than a text; all the rest may be one. */
const WITHOUT_TEXT = 'path source destination paths url host app amount method intents'.split(' ');

type Part = { readonly about: DimensionName; readonly fragment: Fragment };

/**
 * The least that would alter a verdict: one thing about the request, or else two, taken from all
 * that the rules of every layer tell apart and tried on what decides. Of several the one with the
 * least restrictive verdict, then what is nearest to the request. Undefined where nothing would,
 * or where that takes too long to find.
 */
export function smallestChange(layers: Layers, decided: DecidedRequest): Change | undefined {
  const { target, params } = decided.request;
  const parts = [{ params, facts: decided.facts }];
  const [inner, outer = inner] = policiesIn(layers);
  if (inner === undefined || outer === undefined) return undefined;
  const rules = liveRules(inner, outer, target);
  const work = new Work(MOST_STEPS);
  const classes = dimensionNames.flatMap((about) =>
    fragmentsOf(about, { rules, target, parts, work }).map((fragment): Part => {
      return { about, fragment };
    }),
  );
  const candidates = [...classes, ...placesNamed(rules, decided.facts)];
  const single = candidates.map((part) => [part]);
  return (
    bestOf(layers, decided, single, work) ?? bestOf(layers, decided, pairsOf(candidates), work)
  );
}

/** Places that rules name outright: nearer, maybe, than the ones that stand for all of a class. */
function placesNamed(rules: readonly LiveRule[], facts: ActionFacts): readonly Part[] {
  const root = facts.workspace_root ?? '';
  const entries = rules.flatMap(({ rule }) => rule.conditions.allow_paths ?? []);
  const places = entries
    .filter((entry) => !entry.includes('*') && (entry.startsWith('/') || root !== ''))
    .map((entry) => (entry.startsWith('/') ? entry : `${root}/${entry.replace(/^\.\//, '')}`));
  return [...new Set(places)].slice(0, MOST_PLACES).map((place): Part => {
    return { about: 'paths', fragment: { params: { paths: [place] } } };
  });
}

function* pairsOf(parts: readonly Part[]): Generator<readonly Part[]> {
  for (const [at, left] of parts.entries()) {
    for (const right of parts.slice(at + 1)) if (right.about !== left.about) yield [left, right];
  }
}

function bestOf(
  layers: Layers,
  decided: DecidedRequest,
  candidates: Iterable<readonly Part[]>,
  work: Work,
): Change | undefined {
  const { verdict } = changed(layers, decided, []).decision;
  let best: { readonly change: Change; readonly worth: number } | undefined;
  for (const parts of candidates) {
    if (!work.spend(4)) break;
    const change = changed(layers, decided, parts);
    if (change.decision.verdict === verdict) continue;
    const worth = rankOf(change.decision.verdict) * FAR + nearness(decided.request, parts);
    if (best === undefined || worth > best.worth) best = { change, worth };
  }
  return best?.change;
}

const FAR = 1_000_000;

/** The request with some of it said otherwise, and how that is decided. */
function changed(layers: Layers, decided: DecidedRequest, parts: readonly Part[]): Change {
  const said = parts.map((part) => rebased(part, decided.facts));
  const params = said.reduce(
    (before, { about, fragment }) => ({ ...without(before, about), ...fragment.params }),
    decided.request.params,
  );
  const fragments = said.map(({ fragment }) => fragment);
  const facts = Object.assign({}, decided.facts, ...fragments.map((each) => each.facts));
  const { context: before } = decided.request;
  const context = Object.assign({}, before, ...fragments.map((each) => each.context));
  const request = { ...decided.request, params, context };
  const subject = subjectOf(request, facts, decided.contents);
  const used = parts.find(({ about }) => about === 'calls');
  const { calls = {} } = used?.fragment ?? {};
  const budgets = used === undefined ? decided.budgets : withCalls(decided.budgets, calls);
  const about = parts.map((part) => part.about);
  return { about, params, facts, context, decision: decideLayers(layers, subject, budgets) };
}

/** What was spent stays spent. */
function withCalls(budgets: BudgetView, calls: NonNullable<Fragment['calls']>): BudgetView {
  const other = budgetsIn({ calls, spent: {} });
  const { time } = budgets;
  return {
    calls: (id, windowMs) => other.calls(id, windowMs),
    spent: budgets.spent.bind(budgets),
    ...(time === undefined ? {} : { time }),
  };
}

function without(params: ActionRequest['params'], about: DimensionName): ActionRequest['params'] {
  const isLeft =
    about === 'texts'
      ? (name: string) => WITHOUT_TEXT.includes(name)
      : (name: string) => SAYING[about]?.includes(name) !== true;
  return Object.fromEntries(Object.entries(params).filter(([name]) => isLeft(name)));
}

/** A path that was found in some workspace, at the same place in the one there is. */
function rebased({ about, fragment }: Part, facts: ActionFacts): Part {
  const { workspace_root: found, ...others } = fragment.facts ?? {};
  const own = facts.workspace_root;
  if (found === undefined) return { about, fragment };
  const paths = pathsIn(fragment).map((path) =>
    own !== undefined && path.startsWith(found) ? `${own}${path.slice(found.length)}` : path,
  );
  return { about, fragment: { ...fragment, facts: others, params: { paths } } };
}

function pathsIn({ params }: Fragment): readonly string[] {
  const paths = params?.['paths'];
  return Array.isArray(paths) ? paths.map(String) : [];
}

/** How much a host ends, or a path begins, as what was asked for. */
function nearness({ params }: ActionRequest, parts: readonly Part[]): number {
  return parts.reduce((sum, { about, fragment }) => {
    if (about === 'paths') return sum + alike(pathIn(params), pathsIn(fragment)[0] ?? '');
    if (about !== 'host') return sum;
    const [asked = '', found = ''] = [params, fragment.params ?? {}].map(hostIn);
    return sum + alike(reversed(asked), reversed(found));
  }, 0);
}

function pathIn(params: ActionRequest['params']): string {
  const { path, source, destination } = params;
  return String(path ?? destination ?? source ?? '');
}

function hostIn(params: ActionRequest['params']): string {
  const { url, host } = params;
  return (typeof url === 'string' ? hostOfUrl(url) : undefined) ?? String(host ?? '');
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}

function alike(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  return at;
}
