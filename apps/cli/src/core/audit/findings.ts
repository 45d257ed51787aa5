import { describeEntry, type RoleSessionHead } from '@ioi/law';
import type { CommitSummary, LogEntry, ReceiptEnvelope } from '@ioi/protocol';

export type Tier = NonNullable<ReceiptEnvelope['isolation_tier']>;

/** Something that somebody should look at. */
export type Found = {
  readonly code: string;
  readonly title: string;
  readonly about: Readonly<Record<string, unknown>>;
};

/** How each agent was isolated when its last receipt was made, the latest last. */
export type Tiers = Readonly<Record<string, Tier>>;

export type Findings = { readonly findings: readonly Found[]; readonly tiers: Tiers };

const MOST_AGENTS = 1000;

/** The weakest first. */
const TIERS: readonly Tier[] = ['advisory', 'mediated', 'sandboxed', 'separated', 'hardware'];

/** What is out of the ordinary in one entry, given how agents were isolated before it. */
export function findingsIn(entry: LogEntry, before: Tiers): Findings {
  const { weaker, tiers } = isolationIn(entry, before);
  const of = [ofEntry(entry), ofBreakGlass(entry), ofExecution(entry), ofCommit(entry)];
  const findings = [weaker, ...of];
  return { findings: findings.filter((each) => each !== undefined), tiers };
}

type Isolation = { readonly weaker: Found | undefined; readonly tiers: Tiers };

function isolationIn({ events }: LogEntry, before: Tiers): Isolation {
  const emitted = events.find(({ type }) => type === 'receipt.emitted');
  const { isolation_tier: now, actor_id: agent } = Object(
    emitted?.['receipt'],
  ) as Partial<ReceiptEnvelope>;
  if (now === undefined || agent === undefined) return { weaker: undefined, tiers: before };
  const { [agent]: then, ...others } = before;
  const tiers = Object.fromEntries([...Object.entries(others), [agent, now]].slice(-MOST_AGENTS));
  if (then === undefined || TIERS.indexOf(now) >= TIERS.indexOf(then)) {
    return { weaker: undefined, tiers };
  }
  const title = `${agent} is isolated less than before: ${now} instead of ${then}`;
  return { weaker: { code: 'coverage.lost', title, about: { agent, before: then, now } }, tiers };
}

const WORTH_A_LOOK: Readonly<Record<string, readonly [code: string, title: string]>> = {
  'boundary/clock.resync': ['clock.resynced', 'the clock of the node was set forward'],
  'domain/epoch.change': ['epoch.changed', 'another guardian seals from here on'],
  'governance/organisation.unpin': ['organisation.unpinned', 'the node left its organisation'],
  'content/forget': ['content.forgotten', 'contents of acts were destroyed'],
};

/** Somebody acts as owner, because the organisation lets them where nobody else can. */
function ofBreakGlass({ events }: LogEntry): Found | undefined {
  const opened = events.find(({ type }) => type === 'role_session.opened');
  const { subject, expires, break_glass } = Object(opened?.['session']) as Partial<RoleSessionHead>;
  if (break_glass === undefined) return undefined;
  const { reason } = break_glass;
  const title = `${subject} broke the glass and acts as owner: ${reason}`;
  return { code: 'role.glass_broken', title, about: { subject, reason, expires } };
}

function ofEntry({ operation, events }: LogEntry): Found | undefined {
  const known = WORTH_A_LOOK[operation];
  if (known !== undefined) return { code: known[0], title: known[1], about: {} };
  const observes = events.some(
    ({ type, mode }) => type === 'policy.activated' && mode === 'observe',
  );
  if (!observes) return undefined;
  return { code: 'policy.observing', title: 'the policy observes and blocks little', about: {} };
}

function ofExecution(entry: LogEntry): Found | undefined {
  const { word } = describeEntry(entry);
  if (word === 'effect_unknown') {
    return { code: 'effect.unknown', title: 'an act may have happened, or not', about: {} };
  }
  if (word !== 'contract_violation') return undefined;
  return { code: 'contract.violated', title: 'an act left less than its contract says', about: {} };
}

function ofCommit({ operation, payload }: LogEntry): Found | undefined {
  if (operation !== 'domain/commit') return undefined;
  const { recovered, voided = [] } = payload as Partial<CommitSummary>;
  if (recovered !== true && voided.length === 0) return undefined;
  const title = 'the node ended in the midst of writing, and was recovered';
  return { code: 'log.recovered', title, about: { voided } };
}
