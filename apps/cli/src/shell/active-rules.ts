import { type ActionRules, isActionRules } from '@ioi/protocol';
import type { Context } from './context.ts';
import { payloadInExport } from './export-payload.ts';
import { CommandFault } from './fault.ts';
import type { DaemonApi } from './node-api.ts';
import { keptPolicy } from './policy-file.ts';

/** The policy that decides now: what the guardian says of it, and its rules. */
export async function activeRules({ guardian, daemon, home }: Context) {
  const { policy } = await guardian.status();
  if (policy === null) throw noPolicy();
  const { policy_hash: hash } = policy;
  const text = keptPolicy(home, hash) ?? (await payloadInExport(daemon, hash));
  const rules = text === undefined ? undefined : rulesIn(text);
  if (rules === undefined) throw new Error(`the text of ${hash} is not to be found`);
  return { policy, rules };
}

/** Rules of the organisation that bounds the node; undefined where none does. */
export async function ceilingRules({ daemon }: Context): Promise<ActionRules | undefined> {
  const { organisation } = await daemon.effectivePolicy();
  return rulesUnder(daemon, organisation?.bundle?.policy_hash);
}

/** The rules the daemon keeps under a hash. */
export async function rulesUnder(
  daemon: DaemonApi,
  hash: string | undefined,
): Promise<ActionRules | undefined> {
  const text = hash === undefined ? undefined : await daemon.payload(hash);
  return text === undefined ? undefined : rulesIn(text);
}

function rulesIn(text: string): ActionRules | undefined {
  const value: unknown = JSON.parse(text);
  return isActionRules(value) ? value : undefined;
}

function noPolicy(): CommandFault {
  return new CommandFault({
    exit: 'blocked',
    code: 'policy.none_active',
    message: 'no policy is active: everything is denied',
    next: 'ioi policy activate FILE',
  });
}

/** The rules in force; undefined where there are none yet. */
export async function activeOrNone(context: Context): Promise<ActionRules | undefined> {
  try {
    return (await activeRules(context)).rules;
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'policy.none_active')
      return undefined;
    throw fault;
  }
}
