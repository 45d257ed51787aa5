import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import { comparable } from '../../commands/index.ts';
import type { BudgetView } from '../budgets.ts';
import { type Subject, subjectOf } from '../subject.ts';

/** What one class of one dimension says of a request, its facts and the budgets it meets. */
export type Fragment = {
  readonly params?: ActionRequest['params'];
  readonly facts?: ActionFacts;
  readonly context?: Partial<ActionRequest['context']>;
  /** The path of the address, such as `/a/b`. */
  readonly path?: string;
  readonly supposed?: Supposed;
  /** Calls so far by budget id and window, `rate:fs::read:60000`, where not 0. */
  readonly calls?: Readonly<Record<string, number>>;
  /** Spend so far, times 10^18, where not 0: `usd` of the session, `usd/day` of a day. */
  readonly spent?: Readonly<Record<string, string>>;
  readonly time?: string;
};

/**
 * What is taken for granted of a request, so that it stands for all that are alike whether or not
 * it could be written down: its texts are those in `texts` alone, and it starts what is listed.
 */
export type Supposed = { readonly started?: readonly (readonly string[])[] };

/** Everything a decision depends on beside the policy. Plain data, so that it can be handed on. */
export type Situation = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly calls: Readonly<Record<string, number>>;
  readonly spent: Readonly<Record<string, string>>;
  /** Chain Time, where any rule expires. */
  readonly time?: string;
  /** Absent where the request is meant as it stands. */
  readonly supposed?: Supposed;
};

const NOBODY = { agent_id: 'agent://local/any' } as const;

export function situationOf(target: string, parts: readonly Fragment[]): Situation {
  const merged = <K extends keyof Fragment>(name: K): NonNullable<Fragment[K]> =>
    Object.assign({}, ...parts.map((part) => part[name]));
  const path = parts.find((part) => part.path !== undefined)?.path;
  const params = path === undefined ? merged('params') : addressed(merged('params'), path);
  const request = { target, params, context: { ...NOBODY, ...merged('context') }, nonce: '0' };
  const [calls, spent] = [merged('calls'), merged('spent')];
  const time = parts.find((part) => part.time !== undefined)?.time;
  const isSupposed = parts.some(({ supposed }) => supposed !== undefined);
  return {
    request,
    facts: merged('facts'),
    calls,
    spent,
    ...(time === undefined ? {} : { time }),
    ...(isSupposed ? { supposed: merged('supposed') } : {}),
  };
}

/**
 * An address with this path, for the host, scheme and port that are settled. What is not to be
 * known of them is said once more, and otherwise.
 */
function addressed(params: Params, path: string): Params {
  const { host = 'any.invalid', protocol = 'https', port } = params;
  const authority = typeof port === 'number' ? `${host}:${port}` : host;
  return { host: '', protocol: '', ...params, url: `${protocol}://${authority}${path}` };
}

type Params = NonNullable<Fragment['params']>;

/** A program that no rule is about. */
export const OTHER_PROGRAM = 'any';

/** What the evaluators look at. */
export function subjectIn(situation: Situation): Subject {
  const { request, facts, supposed } = situation;
  if (supposed === undefined) return subjectOf(request, facts);
  const { texts, content, command: _, ...others } = request.params;
  const written = { ...(texts ? { texts } : {}), ...(content ? { content } : {}) };
  const argv = supposed.started === undefined ? {} : { argv: [OTHER_PROGRAM] };
  const read = subjectOf({ ...request, params: { ...others, ...argv } }, facts);
  return {
    ...read,
    destination: read.destination,
    texts: subjectOf({ ...request, params: written }, facts).texts,
    commands: read.commands && {
      ...read.commands,
      started: supposed.started?.map(comparable) ?? read.commands.started,
    },
  };
}

/** The request as it stands, nothing supposed. */
export function asItStands({ supposed: _, ...real }: Situation): Situation {
  return real;
}

type Used = Pick<Situation, 'calls' | 'spent' | 'time'>;

/** A decision reads the spend of one session and one agent, so it is kept by unit alone. */
export function budgetsIn({ calls, spent, time }: Used): BudgetView {
  return {
    calls: (budgetId, windowMs) => calls[callsKey(budgetId, windowMs)] ?? 0,
    spent: (_, unit, windowMs) => BigInt(spent[spentKey(unit, windowMs !== undefined)] ?? '0'),
    ...(time === undefined ? {} : { time: BigInt(time) }),
  };
}

export function callsKey(budgetId: string, windowMs: number): string {
  return `${budgetId}:${windowMs}`;
}

export function spentKey(unit: string, isOfDay: boolean): string {
  return isOfDay ? `${unit}/day` : unit;
}
