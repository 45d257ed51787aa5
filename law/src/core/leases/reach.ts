import { reachOf } from '../learn/reach.ts';
import { printChainTime } from '../policy/chain-time.ts';
import type { Rule } from '../policy/rules.ts';
import type { Member } from './answered.ts';

const BOUNDED: Readonly<Record<string, readonly string[]>> = {
  allow_commands: ['argv', 'command', 'cwd'],
  allow_domains: ['host', 'url'],
  allow_methods: ['method'],
  allow_paths: ['path', 'paths', 'source', 'destination'],
  allow_ports: ['port'],
  allow_protocols: ['protocol'],
  max_spend: ['amount'],
};

/** What a lease would let go ahead: what it bounds, what it leaves free, how often, how long. */
export function leaseReach(rule: Rule, members: readonly Member[]): string {
  const { conditions, target } = rule;
  const { allow_paths: paths, allow_commands: commands, max_spend: most } = conditions;
  const { allow_paths: _, ...otherwise } = conditions;
  const free = freeParams(conditions, members);
  const parts = [
    reachOf(commands ? { ...rule, conditions: otherwise } : rule),
    ...(commands && paths ? [`in and on ${paths.join(', ')}`] : []),
    ...(conditions.allow_methods ? [`as ${conditions.allow_methods.join(', ')} and below`] : []),
    ...(most ? [`up to ${most.amount} ${most.unit} each`] : []),
    ...(free.length > 0 ? [`with any ${free.join(', ')}`] : []),
    conditions.allow_sessions ? 'in one session' : 'by any agent of the node',
    `at most ${conditions.rate_limit?.count} calls of ${target}`,
    `until ${printChainTime(BigInt(conditions.expires ?? '0'))}`,
  ];
  return parts.join('; ');
}

/** Parameters that no condition of it looks at. */
function freeParams(conditions: Rule['conditions'], members: readonly Member[]): readonly string[] {
  const bounded = Object.keys(conditions).flatMap((name) => BOUNDED[name] ?? []);
  const given = members.flatMap(({ request }) => Object.keys(request.params));
  return [...new Set(given)].filter((name) => !bounded.includes(name)).sort();
}
