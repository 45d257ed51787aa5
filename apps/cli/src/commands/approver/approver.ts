import type { ApprovalRules, LevelFactor } from '@ioi/protocol';
import { approverLines } from '../../core/approver-view.ts';
import { matchId } from '../../core/match-id.ts';
import { visible } from '../../core/visible.ts';
import { type Command, flagOption, type Options, textOption } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { signShown } from '../../shell/governance.ts';
import { openPage } from '../../shell/open-page.ts';

/** `ioi approver list` */
export const approverList: Command = async ({ guardian, output }) => {
  const approvers = await guardian.approvers();
  output.say(approverLines(approvers), approvers);
  return undefined;
};

/** `ioi approver add`: a passkey is made in a browser, on the guardian's own page. */
export const approverAdd: Command = async (context, args, options) => {
  if (textOption(options, 'device') !== undefined) {
    const { approverInvite } = await import('./device.ts');
    return approverInvite(context, args, options);
  }
  const url = await openPage(context, flagOption(options, 'browser'));
  const lines = [`make the passkey below “Passkeys” on ${url}`, 'next: ioi approver list'];
  context.output.say(lines, { url });
  return undefined;
};

/** `ioi approver remove ID`: nothing it signed holds from the next seal on. */
export const approverRemove: Command = async (context, [given = ''], options) => {
  const { factors } = await context.guardian.approvers();
  const found = matchId(
    given,
    factors.map(({ factor_id }) => factor_id),
  );
  if (!found.ok) throw usageFault(found.error.message, 'ioi approver list');
  const asked = { factor_id: found.value };
  await signShown(context, options, { operation: 'factor.revoke', asked });
  const label = factors.find((each) => each.factor_id === found.value)?.label ?? '';
  context.output.say([`${visible(label)} approves no more`], asked);
  return undefined;
};

/** `ioi approver rules [--low N] [--high N] [--out-of-band CLASS] [--rule RULE=N[,oob]]` */
export const approverRules: Command = async (context, _, options) => {
  const unclear = textsIn(options, 'group').find((each) => !/^(low|high)=./.test(each));
  if (unclear !== undefined)
    throw usageFault(`--group takes low=NAME or high=NAME, not ${unclear}`);
  const { levels = [] } = await context.guardian.approvers();
  const asked = {
    low: quorumOf(options, 'low', levels),
    high: quorumOf(options, 'high', levels),
    rules: textsIn(options, 'rule').map(ruleOf),
  };
  await signShown(context, options, { operation: 'approval.rules', asked });
  const approvers = await context.guardian.approvers();
  context.output.say(approverLines(approvers), approvers);
  return undefined;
};

function quorumOf(
  options: Options,
  risk: 'low' | 'high',
  levels: readonly LevelFactor[],
): ApprovalRules['low'] {
  const factors = countOf(textOption(options, risk) ?? '1');
  const out_of_band = textsIn(options, 'outOfBand').includes(risk);
  const named = textsIn(options, 'group').filter((each) => each.startsWith(`${risk}=`));
  const groups = named.map((each) => groupOf(each.slice(risk.length + 1), levels));
  return { factors, out_of_band, ...(groups.length === 0 ? {} : { groups }) };
}

function groupOf(label: string, levels: readonly LevelFactor[]): string {
  const found = levels.find((each) => each.kind === 'group' && each.label === label);
  if (found !== undefined) return found.factor_id;
  throw usageFault(`no group is enrolled as ${visible(label)}`, 'ioi wallet level');
}

function ruleOf(text: string): ApprovalRules['rules'][number] {
  const [, rule_id = '', count = '', oob] = /^(.+)=(\d)(,oob)?$/.exec(text) ?? [];
  if (rule_id === '') throw usageFault(`--rule takes RULE=COUNT or RULE=COUNT,oob, not ${text}`);
  return { rule_id, quorum: { factors: countOf(count), out_of_band: oob !== undefined } };
}

function countOf(text: string): number {
  if (/^[1-8]$/.test(text)) return Number(text);
  throw usageFault(`from 1 to 8 approvers, not ${text}`);
}

function textsIn(options: Options, name: string): readonly string[] {
  const value: unknown = options[name];
  return Array.isArray(value) ? value.map(String) : [];
}
