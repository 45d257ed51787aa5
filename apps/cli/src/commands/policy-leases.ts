import { answersOfLog, type ProposedLease, proposeLeases } from '@ioi/law';
import { leasesView, leaseView } from '../core/lease-view.ts';
import { readTimeSpan } from '../core/time-span.ts';
import { activeRules, ceilingRules } from '../shell/active-rules.ts';
import {
  type Command,
  type Context,
  countOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { canonicalText } from '../shell/policy-file.ts';
import { saveNew } from '../shell/save-new.ts';
import { sinceOption, wholeLog } from '../shell/whole-log.ts';
import { activateRules } from './policy.ts';

const EIGHT_HOURS = 8n * 3_600_000n;
const LONGEST = 30n * 86_400_000n;
const CALLS = 50;
const MOST_CALLS = 1000;
const ENOUGH = 3;

/**
 * `ioi policy leases`: what was approved so often that it need not be asked about for a while;
 * with `--accept` one of them becomes part of the policy, which its owner signs.
 */
export const policyLeases: Command = async (context, _args, options) => {
  const { output } = context;
  const [{ rules }, ceiling, entries] = await Promise.all([
    activeRules(context),
    ceilingRules(context),
    wholeLog(context),
  ]);
  const session = textOption(options, 'session');
  const answered = answersOfLog(entries, sinceOption(options));
  const last = BigInt(entries.at(-1)?.chain_time ?? '0');
  const clock = BigInt(Date.now());
  const found = proposeLeases(answered, rules, {
    now: last > clock ? last : clock,
    ...boundsIn(options),
    ...(session === undefined ? {} : { session }),
    ...(ceiling === undefined ? {} : { ceiling }),
  });
  const wanted = textOption(options, 'accept');
  if (wanted !== undefined) return accept(context, chosen(found.leases, wanted), options);
  const leases = found.leases.map(({ draft: _, ...lease }) => lease);
  output.say(leasesView(found, output.paint), { leases, not_proposed: found.left });
  return undefined;
};

function boundsIn(options: Options): { lasts: bigint; calls: number; atLeast: number } {
  const span = textOption(options, 'for');
  const lasts = span === undefined ? EIGHT_HOURS : readTimeSpan(span);
  if (lasts === undefined || lasts === 0n || lasts > LONGEST) {
    throw usageFault('--for takes a time such as 90m, 8h or 2d, 30d at most');
  }
  const calls = countOption(options, 'calls', CALLS);
  if (calls < 1 || calls > MOST_CALLS) throw usageFault(`--calls takes 1 to ${MOST_CALLS}`);
  const atLeast = countOption(options, 'min', ENOUGH);
  if (atLeast < 1) throw usageFault('--min takes 1 or more');
  return { lasts, calls, atLeast };
}

function chosen(leases: readonly ProposedLease[], given: string): ProposedLease {
  const [lease, ...others] = leases.filter(({ rule }) => rule.rule_id.startsWith(given));
  if (lease !== undefined && others.length === 0) return lease;
  const several = 'begins several leases: give more of it';
  const message = lease === undefined ? 'names no lease that is proposed' : several;
  throw usageFault(`${given} ${message}`, 'ioi policy leases');
}

async function accept(
  context: Context,
  lease: ProposedLease,
  options: Options,
): Promise<undefined> {
  const { output } = context;
  for (const line of leaseView(lease, output.paint)) output.note(line);
  const out = textOption(options, 'out');
  if (out !== undefined) saveNew(out, canonicalText({ rules: lease.draft }));
  return activateRules(context, { rules: lease.draft }, options);
}
