import { seededRandom } from '@ioi/basis';
import { policyHash, type Situation } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';

type Rule = ActionRules['rules'][number];

/**
 * Requests made of the values that two policies name, put together at random but always the same
 * ones for the same policies. Knows nothing of classes: it is what a proof is held against.
 */
export function* mixedRequests(
  before: ActionRules,
  after: ActionRules,
  count: number,
): Generator<Situation> {
  const rules = [...before.rules, ...after.rules];
  if (rules.length === 0) return;
  const random = seededRandom(`${policyHash(before)} ${policyHash(after)}`);
  const one = <T>(values: readonly T[]): T => values[random.below(values.length)] as T;
  const chance = (percent: number): boolean => random.below(100) < percent;
  for (let made = 0; made < count; made += 1) {
    const chosen = one(rules);
    const near = rules.filter(({ target }) => target === chosen.target).slice(0, 200);
    const other = (): Rule['conditions'] => one(chance(70) ? [chosen] : near).conditions;
    const params: Record<string, unknown> = {};
    const domain = one(other().allow_domains ?? ['other.invalid']);
    if (chance(90)) params['host'] = chance(50) ? domain : `below.${domain}`;
    if (chance(90)) params['app'] = one(other().allow_apps ?? ['other']);
    if (chance(80)) params['intents'] = chance(50) ? [] : [one(other().block_intents ?? ['x'])];
    if (chance(80)) params['text'] = one(['', 'a', 'password', 'key: 0123456789', 'x y z']);
    const cap = one([other().max_spend, other().max_session_spend]);
    if (chance(80)) params['amount'] = { amount: cap?.amount ?? '1', unit: cap?.unit ?? 'unit' };
    const paths = Array.from({ length: random.below(4) }, () => one(other().allow_paths ?? ['/x']));
    params['paths'] = paths.map((path) => placed(path, chance(50)));
    if (chance(50)) params['command'] = commandOf(one(other().allow_commands ?? ['other']), one);
    if (chance(50)) params['port'] = Number.parseInt(one(other().allow_ports ?? ['443']), 10);
    if (chance(50)) params['protocol'] = one(other().allow_protocols ?? ['https']);
    const [method = 'GET', place] = one(other().allow_methods ?? ['GET /x']).split(' ');
    if (chance(50)) params['method'] = method;
    if (place !== undefined && chance(30)) params['url'] = `https://${domain}${place}`;
    const seen = (other().allow_ips ?? ['192.0.2.1']).map((range) => range.split('/')[0] ?? '');
    const facts = {
      ...(chance(70) ? { target_exists: chance(50) } : {}),
      ...(chance(50) ? { resolved_addresses: seen.slice(0, 1 + random.below(2)) } : {}),
    };
    const workspace = chance(70) ? { workspace_root: one(['/', '/w', '/w/a']) } : {};
    const { expires } = chosen.conditions;
    const time = expires === undefined ? {} : { time: chance(50) ? '0' : expires };
    yield {
      request: {
        target: chosen.target.replace(/\*$/, 'any'),
        params: params as Situation['request']['params'],
        context: { agent_id: 'agent://local/any' },
        nonce: '0',
      },
      facts: { ...facts, ...workspace },
      calls: {},
      spent: {},
      ...time,
    };
  }
}

/** A line that a command pattern could mean. */
function commandOf(pattern: string, one: (words: readonly string[]) => string): string {
  const words = pattern.split(' ').map((word) => (word === '*' ? one(['x', 'log']) : word));
  return words.map((word) => (word === '**' ? one(['', 'more', '--more']) : word)).join(' ');
}

/** A place that a path entry could mean, or one below it. */
function placed(entry: string, isBelow: boolean): string {
  const plain = entry
    .replace(/^\.(?=\/|$)/, '/w')
    .replaceAll('**/', '')
    .replaceAll('*', 'x');
  return isBelow ? `${plain}/below` : plain;
}
