import { MOST_PAUSE_MS, packs, runPolicyTests } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { observingText } from '../core/observing.ts';
import { paintNothing } from '../core/paint.ts';
import { rulesView, testsView } from '../core/policy-view.ts';
import { readTimeSpan } from '../core/time-span.ts';
import { visible } from '../core/visible.ts';
import { activeRules } from '../shell/active-rules.ts';
import { type Command, type Context, type Options, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { readPack, readPolicyFile } from '../shell/policy-file.ts';
import { signPolicy } from '../shell/sign-policy.ts';

/** `ioi policy check FILE`: whether it would be accepted, and its hash. */
export const policyCheck: Command = async ({ output }, [path = '']) => {
  const { rules, policyHash } = readPolicyFile(path);
  const { policy_id, rules: list } = rules;
  const line = `ok: policy ${visible(policy_id)}, ${list.length} rules, ${policyHash}`;
  output.say([line], { policy_id, rules: list.length, policy_hash: policyHash });
  return undefined;
};

/** `ioi policy test FILE`: runs the examples written beside the rules. */
export const policyTest: Command = async ({ output }, [path = '']) => {
  const loaded = readPolicyFile(path);
  const results = runPolicyTests(loaded);
  output.say(testsView(path, results), { policy_hash: loaded.policyHash, results });
  return results.every(({ isPassed }) => isPassed) ? undefined : 'unexpected';
};

/** `ioi policy activate FILE`: shows what changes, then signs it with the owner's passphrase. */
export const policyActivate: Command = async (context, [path = ''], options) => {
  const loaded = readPolicyFile(path);
  const failed = testsView(path, runPolicyTests(loaded)).slice(0, -1);
  if (failed.length > 0) throw examplesFailed(path, failed);
  return activateRules(context, loaded, options);
};

/** Shows what activating these rules means, then has the guardian sign. */
export async function activateRules(
  context: Context,
  policy: { readonly rules: ActionRules },
  options: Options,
): Promise<undefined> {
  const activated = await signPolicy(context, policy, options);
  const line = `active: policy ${visible(activated.policy_id)}, ${activated.policy_hash}`;
  context.output.say([line], activated);
  return undefined;
}

/** `ioi policy observe`: the active rules, of which only those that block hold from now on. */
export const policyObserve: Command = async (context, _args, options) => {
  const { observe_until: _until, ...rules } = (await activeRules(context)).rules;
  return activateRules(context, { rules: { ...rules, mode: 'observe' } }, options);
};

/** `ioi policy enforce`: the active rules decide again. */
export const policyEnforce: Command = async (context, _args, options) => {
  const { mode: _mode, observe_until: _until, ...rules } = (await activeRules(context)).rules;
  return activateRules(context, { rules }, options);
};

/** `ioi pause --for 15m`: as `ioi policy observe`, and over by itself. */
export const policyPause: Command = async (context, _args, options) => {
  const span = readTimeSpan(textOption(options, 'for') ?? '');
  if (span === undefined || span > MOST_PAUSE_MS) {
    throw usageFault('--for takes how long, at most 8h', 'ioi pause --for 15m');
  }
  const { rules } = await activeRules(context);
  if (rules.mode === 'observe' && rules.observe_until === undefined) {
    throw usageFault('the policy observes, without an end', 'ioi policy enforce');
  }
  const observe_until = String(BigInt(Date.now()) + span);
  await activateRules(context, { rules: { ...rules, mode: 'observe', observe_until } }, options);
  context.output.note(
    `${observingText({ mode: 'observe', observe_until }, 0)}; before: ioi resume`,
  );
  return undefined;
};

/** `ioi policy packs`: policies that come with the program, each with its hash. */
export const policyPacks: Command = async ({ output }) => {
  const listed = packs.map(({ name, summary }) => {
    return { name, policy_hash: readPack(name).policyHash, summary };
  });
  const lines = listed.flatMap((each) => [
    `${each.name}  ${each.policy_hash}`,
    `  ${each.summary}`,
  ]);
  output.say(lines, { packs: listed });
  return undefined;
};

/** `ioi policy show`: the rules that decide now, or with `--pack` those of a pack. */
export const policyShow: Command = async (context, _, options) => {
  const { output } = context;
  const paint = output.plain ? paintNothing : output.paint;
  if (typeof options['pack'] === 'string') {
    const { rules, policyHash } = readPack(options['pack']);
    const title = `pack ${visible(rules.policy_id)}, ${policyHash}`;
    output.say([title, ...rulesView(rules, paint)], { policy_hash: policyHash, rules });
    return undefined;
  }
  // Only the active policy needs a node.
  const { policy, rules } = await activeRules(context);
  const { policy_hash: hash, policy_id: id, version } = policy;
  const mode = observingText(rules, Date.now());
  const observing = mode === undefined ? '' : `, ${mode}: only BLOCK rules hold`;
  const head = `policy ${visible(id)} version ${visible(version)}, ${visible(hash)}${observing}`;
  const lines = rulesView(rules, paint);
  output.say([head, ...lines], { ...policy, rules });
  return undefined;
};

function examplesFailed(path: string, lines: readonly string[]): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'policy.examples_fail',
    message: `examples in ${path} do not hold, so the policy does not say what its author meant`,
    lines,
  });
}
