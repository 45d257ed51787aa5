import type { ActionRules, EffectiveQuestion } from '@ioi/protocol';
import { effectiveView, organisationText } from '../core/organisation-view.ts';
import { type Paint, paintNothing } from '../core/paint.ts';
import { rulesView } from '../core/policy-view.ts';
import { visible } from '../core/visible.ts';
import { rulesUnder } from '../shell/active-rules.ts';
import { type Command, listOption, type Options, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';

/** `ioi policy effective [ID | --target T --param …]`: layers in force, and which one decides. */
export const policyEffective: Command = async ({ daemon, output }, [id], options) => {
  const paint = output.plain ? paintNothing : output.paint;
  const question = questionOf(id, options);
  const found = await daemon.effectivePolicy(question);
  const { policy, organisation, decision } = found;
  const [local, ceiling] = await Promise.all([
    rulesUnder(daemon, policy?.policy_hash),
    rulesUnder(daemon, organisation?.bundle?.policy_hash),
  ]);
  const own = policy ? visible(`${policy.policy_id} version ${policy.version}`) : 'none active';
  const above = organisation ? organisationText(organisation) : 'none: nothing bounds the policy';
  const heads = [`local         ${own}`, `organisation  ${above}`];
  if (decision !== undefined) {
    output.say([...heads, '', ...effectiveView(decision, paint)], found);
    return undefined;
  }
  const layers = { local: local ?? null, organisation: ceiling ?? null };
  const lines = [...titled('local', local, paint), ...titled('organisation', ceiling, paint)];
  output.say([...heads, ...lines], { ...found, rules: layers });
  return undefined;
};

function titled(title: string, rules: ActionRules | undefined, paint: Paint): string[] {
  return rules === undefined ? [] : ['', `rules of ${title}:`, ...rulesView(rules, paint)];
}

function questionOf(id: string | undefined, options: Options): EffectiveQuestion | undefined {
  const target = textOption(options, 'target');
  if (id !== undefined && target !== undefined) throw usageFault('either an id or --target');
  if (id !== undefined) return { id };
  const [params, facts] = [pairsIn('param', options), pairsIn('fact', options)];
  if (target !== undefined) return { target, params, facts };
  if (Object.keys({ ...params, ...facts }).length > 0) throw usageFault('of which --target?');
  return undefined;
}

/** `name=value`; a value that is JSON but not a number is read as such. */
function pairsIn(flag: string, options: Options): Record<string, unknown> {
  const pairs = listOption(options, flag).map((each): [string, unknown] => {
    const [, name, text = ''] = /^([a-z][a-z0-9_]*)=([\s\S]*)$/.exec(each) ?? [];
    if (name === undefined) throw usageFault(`--${flag} takes name=value, not ${each}`);
    return [name, paramOf(text)];
  });
  return Object.fromEntries(pairs);
}

function paramOf(text: string): unknown {
  if (!/^([[{"]|true$|false$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
