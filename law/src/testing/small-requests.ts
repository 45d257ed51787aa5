import type { SeededRandom } from '@ioi/basis';
import type { ActionFacts, ActionRequest, ActionRules } from '@ioi/protocol';
import { originBudgetId } from '../core/policy/budgets.ts';
import type { Situation } from '../core/policy/inclusion/index.ts';

/** What requests of a small universe say of addresses, origins, methods and commands. */

type Conditions = ActionRules['rules'][number]['conditions'];

export type Part = Partial<Omit<Situation, 'request'>> & {
  readonly params?: ActionRequest['params'];
  readonly context?: Partial<ActionRequest['context']>;
};

export type RequestAspect = 'addresses' | 'origins' | 'methods' | 'commands';

const RANGES = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '::1', '::/64', '0.0.0.0/0'];
const ADDRESSES = ['10.1.2.3', '10.1.0.1', '10.2.0.1', '11.0.0.1', '::1', '::2', '1::'];
const METHODS = ['GET', 'GET /a', 'GET /a/b', 'PUT /A', 'PUT', 'GET /'];
const PLACES = ['/', '/a', '/A', '/a/b', '/a/B', '/b', '/a%2Fb', '/A/b/c'];
const PATTERNS = [
  'git status',
  'git *',
  'git log **',
  'git log --oneline',
  'git push --force',
  'git * log',
  'rm -r',
  'rm **',
  'ls',
  '/usr/bin/git log',
  'sudo **',
  '@tree',
  'git add **',
  'grep * src',
  'grep **',
  'grep -R',
  'clang-18 *',
  'clang',
];
const COMMANDS = [
  'git status',
  'git log',
  'git log x',
  'git log status',
  'git log --oneline',
  'git LOG',
  'GIT log',
  'git push',
  'git push -f',
  'git push x log',
  'git x log',
  'git status log',
  'git log push --force',
  'git $x',
  'git',
  '/bin/git log',
  '/usr/bin/git log',
  '/opt/git log',
  'rm x',
  'rm -r x',
  'rm -rf',
  'rm -r',
  'sudo',
  'sudo rm -r',
  'nice ls',
  'ls',
  'ls -a',
  'git add x',
  'git ADD x',
  'git x add',
  'git commit -a',
  'grep x src',
  'grep -R x src',
  'grep --dir x',
  'tar cf x',
  'clang-18 x',
  'clang x',
  'clang',
  '/bin//usr/bin/git log',
  'other',
  '',
  '(',
];

export function requestCondition(
  random: SeededRandom,
  aspect: RequestAspect,
  isCounting: boolean,
): Conditions {
  switch (aspect) {
    case 'addresses':
      return random.below(3) === 0
        ? { allow_domains: someOf(random, ['10.1.2.3', 'a.com']) }
        : { allow_ips: someOf(random, RANGES) };
    case 'origins':
      return random.below(4) === 0 || !isCounting
        ? { allow_domains: ['a.com'] }
        : { rate_limit_per_origin: { count: 1 + random.below(2), window_ms: WINDOW_MS } };
    case 'methods':
      return { allow_methods: someOf(random, METHODS) };
    case 'commands':
      return { allow_commands: someOf(random, PATTERNS) };
  }
}

export const WINDOW_MS = 1000;
const COUNTED = ['fs::read', 'fs::move', 'fs::*'];

export function requestParts(aspect: RequestAspect): readonly Part[] {
  switch (aspect) {
    case 'addresses':
      return ['10.1.2.3', 'a.com', 'org', undefined].flatMap((host) =>
        [undefined, ['x'], ['10.1.2.3', 'x'], ...subsets(ADDRESSES, 2)].map((seen): Part => {
          const facts: ActionFacts = seen === undefined ? {} : { resolved_addresses: seen };
          return { facts, params: host === undefined ? {} : { host } };
        }),
      );
    case 'origins':
      return ['a.com', 'org', undefined].flatMap((host) =>
        [undefined, 'https'].flatMap((protocol) => callsOf(host, protocol)),
      );
    case 'methods':
      return [undefined, 'GET', 'put', 'HEAD'].flatMap((method) =>
        [undefined, ...PLACES].map((place) => {
          const url = place === undefined ? {} : { url: `https://a.com${place}` };
          return { params: { ...url, ...(method === undefined ? {} : { method }) } };
        }),
      );
    case 'commands':
      return [
        {},
        { params: { argv: [] } },
        ...subsets(COMMANDS, 2).map((lines) => ({ params: { command: lines.join('\n') } })),
      ];
  }
}

function callsOf(host: string | undefined, protocol: string | undefined): readonly Part[] {
  const isKnown = host !== undefined && protocol !== undefined;
  const origin = isKnown ? `${protocol}://${host}:443` : undefined;
  const params = { ...(host ? { host } : {}), ...(protocol ? { protocol } : {}) };
  let states: readonly Record<string, number>[] = [{}];
  for (const target of COUNTED) {
    const id = `${originBudgetId(target, origin)}:${WINDOW_MS}`;
    states = states.flatMap((state) => [0, 1, 2].map((count) => ({ ...state, [id]: count })));
  }
  return states.map((calls) => ({ params, calls }));
}

/** Every set of at most so many of the values. */
export function subsets(values: readonly string[], most: number): string[][] {
  let sets: string[][] = [[]];
  for (const value of values) {
    sets = [...sets, ...sets.filter((set) => set.length < most).map((set) => [...set, value])];
  }
  return sets;
}

export function someOf(random: SeededRandom, values: readonly string[]): string[] {
  const count = 1 + random.below(2);
  return [...new Set(Array.from({ length: count }, () => oneOf(random, values)))];
}

export function oneOf<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}
