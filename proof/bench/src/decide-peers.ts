import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { ActionRequest, ActionRules } from '@ioi/protocol';
import { PolicyEngine } from '@microsoft/agent-governance-sdk';
import { newEnforcer, newModelFromString } from 'casbin';
import { kindOf } from './rule-set.ts';

/** What every engine is given: the values of a request, already read and canonical. */
export type Plain = {
  readonly target: string;
  readonly host: string;
  readonly path: string;
  readonly app: string;
  readonly amount: number;
};

/** Whether a request may go ahead, with or without a person: the answer all engines can give. */
export type Engine = (request: Plain) => boolean;

type Rule = ActionRules['rules'][number];

export function plainOf({ target, params }: ActionRequest): Plain {
  const { url, path, app, amount } = params as Record<string, string | undefined> & {
    amount?: { amount: string };
  };
  return {
    target,
    host: url === undefined ? '' : new URL(url).hostname,
    path: path ?? '',
    app: app ?? '',
    amount: Number(amount?.amount ?? 0),
  };
}

/** Cedar, its policies parsed beforehand: `permit` for what may go ahead, `forbid` for BLOCK. */
export function cedarEngine({ rules }: ActionRules): Engine {
  const name = `bench${rules.length}`;
  const staticPolicies = rules.map(cedarPolicy).join('\n');
  const parsed = cedar.preparsePolicySet(name, { staticPolicies });
  if (parsed.type !== 'success') throw new Error('cedar refused the policies');
  return ({ target, host, path, app, amount }) => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'Agent', id: 'bench' },
      action: { type: 'Action', id: target },
      resource: { type: 'Thing', id: 'any' },
      context: { host, path, app, amount },
      preparsedPolicySetId: name,
      entities: [],
    });
    return answer.type === 'success' && answer.response.decision === 'allow';
  };
}

function cedarPolicy({ target, action, conditions }: Rule): string {
  const { allow_domains, allow_paths, allow_apps, max_spend } = conditions;
  const clauses: string[] = [];
  const within = (field: string, entry: string, like: string): string =>
    `(context.${field} == "${entry}" || context.${field} like "${like}")`;
  if (allow_domains) {
    clauses.push(allow_domains.map((each) => within('host', each, `*.${each}`)).join(' || '));
  }
  if (allow_paths) {
    clauses.push(allow_paths.map((each) => within('path', each, `${each}/*`)).join(' || '));
  }
  if (allow_apps) clauses.push(`${JSON.stringify(allow_apps)}.contains(context.app)`);
  if (max_spend) clauses.push(`context.amount <= ${max_spend.amount}`);
  const effect = action === 'BLOCK' ? 'forbid' : 'permit';
  const when = clauses.map((clause) => `(${clause})`).join(' && ');
  return `${effect}(principal, action == Action::"${target}", resource) when { ${when} };`;
}

const CASBIN_MODEL = `
[request_definition]
r = act, host, path, app, amount
[policy_definition]
p = act, entries, cap, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && holds(p.entries, p.cap, r.host, r.path, r.app, r.amount)
`;

export async function casbinEngine({ rules }: ActionRules): Promise<Engine> {
  const enforcer = await newEnforcer(newModelFromString(CASBIN_MODEL));
  enforcer.addFunction('holds', casbinHolds);
  await enforcer.addPolicies(
    rules.map(({ target, action, conditions }) => {
      const { allow_domains, allow_paths, allow_apps, max_spend } = conditions;
      const entries = [kindOf(target), ...(allow_domains ?? allow_paths ?? allow_apps ?? [])];
      const effect = action === 'BLOCK' ? 'deny' : 'allow';
      return [target, entries.join('|'), max_spend?.amount ?? '', effect];
    }),
  );
  return ({ target, host, path, app, amount }) =>
    enforcer.enforceSync(target, host, path, app, String(amount));
}

function casbinHolds(...values: readonly string[]): boolean {
  const [given = '', cap = '', host = '', path = '', app = '', amount = ''] = values;
  const [kind, ...entries] = given.split('|');
  if (cap !== '' && Number(amount) > Number(cap)) return false;
  if (kind === 'app') return entries.includes(app);
  if (kind === 'path') return entries.some((each) => path === each || path.startsWith(`${each}/`));
  return entries.some((each) => host === each || host.endsWith(`.${each}`));
}

/**
 * The governance toolkit knows equality only, so it is given one exact value a rule and requests
 * that are equal or not: less work than the others do, and not compared for agreement.
 */
export function governanceEngine({ rules }: ActionRules): Engine {
  const effects = { BLOCK: 'deny', REQUIRE_APPROVAL: 'review', ALLOW: 'allow' } as const;
  const order = ['BLOCK', 'REQUIRE_APPROVAL', 'ALLOW'];
  const sorted = [...rules].sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
  const engine = new PolicyEngine(
    sorted.map(({ target, action, conditions }) => {
      const { allow_domains, allow_paths, allow_apps } = conditions;
      const [field, entries] = allow_domains
        ? (['host', allow_domains] as const)
        : allow_paths
          ? (['path', allow_paths] as const)
          : (['app', allow_apps ?? []] as const);
      const effect = effects[action];
      return { action: target, conditions: { [field]: exactOf(field, entries[0] ?? '') }, effect };
    }),
  );
  return ({ target, host, path, app }) => engine.evaluate(target, { host, path, app }) !== 'deny';
}

/** The value a request within the entry would have, as far as equality can follow. */
function exactOf(field: string, entry: string): string {
  return field === 'host' ? `www.${entry}` : entry;
}
