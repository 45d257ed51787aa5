import { policyHash } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { AGENTS } from '../core/connect/agents.ts';
import { visible } from '../core/visible.ts';
import { Connections } from './agent-config.ts';
import { type Context, flagOption, type Options, textOption } from './context.ts';
import { readPack } from './policy-file.ts';
import { showReview, signPolicy } from './sign-policy.ts';

const PACK = 'coding-agent';
/** Denies all, as a node without a policy does: a log has no way back to none. */
const NOTHING: ActionRules = { policy_id: 'nothing', defaults: 'deny_all', rules: [] };

/** What became of the policy when an agent was connected, or put back. */
export type PolicyOutcome = {
  readonly state: 'observing' | 'kept' | 'none' | 'would_observe' | 'taken_back' | 'changed_since';
  readonly policy_id?: string;
  readonly policy_hash?: string;
};

/**
 * A node without a policy of its own observes under the pack for coding agents: its BLOCK rules
 * hold at once, all else is recorded. A policy that somebody activated stays as it is.
 */
export async function beginPolicy(context: Context, options: Options): Promise<PolicyOutcome> {
  const { output, home } = context;
  const active = await activePolicy(context);
  if (active !== undefined && active.policy_hash !== policyHash(NOTHING)) {
    const { policy_id, policy_hash } = active;
    output.note(`the policy ${visible(policy_id)} is active and stays as it is`);
    return { state: 'kept', policy_id, policy_hash };
  }
  if (options['policy'] === false) return denied(context);
  const rules: ActionRules = { ...readPack(PACK).rules, mode: 'observe' };
  const about = { policy_id: rules.policy_id, policy_hash: policyHash(rules) };
  if (flagOption(options, 'dryRun')) {
    await showReview(context, { rules });
    return { state: 'would_observe', ...about };
  }
  if (!canSign(context, options)) return denied(context);
  output.note('the node has no policy; --no-policy leaves it so');
  // Before the signature: whoever is killed after it can still take it back.
  const connections = new Connections(home.folder);
  connections.writePolicy({ format: 'ioi-begun-policy/1', policy_hash: about.policy_hash });
  await signPolicy(context, { rules }, options);
  output.note('OBSERVING: only BLOCK rules hold, all else is done and recorded; ioi status');
  return { state: 'observing', ...about };
}

function denied({ output }: Context): PolicyOutcome {
  output.note('no policy is active, so all is denied');
  output.note('to observe under the pack for coding agents: ioi connect AGENT --passphrase-file F');
  output.note('or have a policy decide at once: ioi policy activate pack:coding-agent');
  return { state: 'none' };
}

function canSign({ output }: Context, options: Options): boolean {
  const isGiven = textOption(options, 'passphraseFile') !== undefined;
  return output.canAsk || isGiven || flagOption(options, 'yes');
}

/**
 * When the last agent is put back: the node denies all again, as before. Where somebody activated
 * another policy since, that one stays. Undefined where there is nothing to take back.
 */
export async function endPolicy(
  context: Context,
  options: Options,
): Promise<PolicyOutcome | undefined> {
  const { home, output } = context;
  const connections = new Connections(home.folder);
  const begun = connections.readPolicy();
  const isConnected = AGENTS.some(({ id }) => connections.has(id));
  if (begun === undefined || isConnected || options['policy'] === false) return undefined;
  const active = await activePolicy(context).catch(() => 'unknown' as const);
  if (active === 'unknown' || !canSign(context, options)) {
    const why = active === 'unknown' ? 'the node is down' : 'nobody can sign here';
    const next = 'ioi connect --all --undo --passphrase-file FILE';
    output.note(`${why}: the policy that was begun with stays; with the node up, ${next}`);
    return { state: 'kept', policy_hash: begun.policy_hash };
  }
  if (active?.policy_hash !== begun.policy_hash) {
    connections.removePolicy();
    if (active === undefined) return undefined;
    output.note(`the policy ${visible(active.policy_id)} was activated since and stays`);
    return { state: 'changed_since', policy_id: active.policy_id, policy_hash: active.policy_hash };
  }
  await signPolicy(context, { rules: NOTHING }, options);
  connections.removePolicy();
  output.note('no rule is in force: all is denied, as before it was connected');
  return { state: 'taken_back', policy_id: NOTHING.policy_id, policy_hash: policyHash(NOTHING) };
}

async function activePolicy({ guardian }: Context) {
  return (await guardian.status()).policy ?? undefined;
}
