import { err, ok, type Result } from '@ioi/basis';
import type { ArtifactClass, OrganisationSettings } from '@ioi/protocol';

/** How long contents of a class are kept, and how many bytes of it at most. */
export type RetentionRule = { readonly keep_days: number; readonly max_bytes: number };

export type Retention = Readonly<Record<ArtifactClass, RetentionRule>>;

export const artifactClasses: readonly ArtifactClass[] = [
  'prompt',
  'content',
  'output',
  'body',
  'evidence',
];

export const DAY_MS = 86_400_000;
const GIB = 1024 ** 3;
const MOST_DAYS = 36_500;

/** 30 days and 2 GiB of each class; outputs only for whoever asks for them. */
export const defaultRetention: Retention = {
  prompt: { keep_days: 30, max_bytes: 2 * GIB },
  content: { keep_days: 30, max_bytes: 2 * GIB },
  output: { keep_days: 0, max_bytes: 2 * GIB },
  body: { keep_days: 30, max_bytes: 2 * GIB },
  evidence: { keep_days: 30, max_bytes: 2 * GIB },
};

/** What node.json says under `retention`, over the defaults; the error names the place. */
export function readRetention(value: unknown): Result<Retention, string> {
  if (value === undefined) return ok(defaultRetention);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err('/retention must be an object');
  }
  const read: Record<ArtifactClass, RetentionRule> = { ...defaultRetention };
  for (const [name, rule] of Object.entries(value)) {
    const artifactClass = artifactClasses.find((each) => each === name);
    if (!artifactClass) {
      return err(`/retention/${name} is no class; classes are ${artifactClasses.join(', ')}`);
    }
    const changed = { ...defaultRetention[artifactClass], ...(rule as object) };
    if (!isRule(rule, changed)) {
      const most = `keep_days up to ${MOST_DAYS} and max_bytes`;
      return err(`/retention/${name} takes ${most}, whole numbers`);
    }
    read[artifactClass] = changed;
  }
  return ok(read);
}

/** At most so much of each class; what it does not name is not bounded. */
export type RetentionBound = NonNullable<OrganisationSettings['retention']>;

/** What the node says, and no more than an organisation lets it. */
export function boundedRetention(retention: Retention, bound: RetentionBound): Retention {
  const held = { ...retention };
  for (const each of artifactClasses) {
    const [own, most] = [retention[each], bound[each]];
    held[each] = {
      keep_days: Math.min(own.keep_days, most?.keep_days ?? own.keep_days),
      max_bytes: Math.min(own.max_bytes, most?.max_bytes ?? own.max_bytes),
    };
  }
  return held;
}

/** How a rule goes further than an organisation lets it, or undefined. */
export function wrongUnder(
  bound: RetentionBound,
  artifactClass: ArtifactClass,
  rule: RetentionRule,
): string | undefined {
  const { keep_days: days, max_bytes: bytes } = bound[artifactClass] ?? {};
  if (days !== undefined && rule.keep_days > days) {
    return `the organisation lets ${artifactClass} be kept ${days} days, not ${rule.keep_days}`;
  }
  if (bytes === undefined || rule.max_bytes <= bytes) return undefined;
  return `the organisation lets ${artifactClass} have ${bytes} bytes, not ${rule.max_bytes}`;
}

function isRule(given: unknown, { keep_days, max_bytes }: RetentionRule): boolean {
  if (typeof given !== 'object' || given === null) return false;
  const known = Object.keys(given).every((name) => name === 'keep_days' || name === 'max_bytes');
  const days = Number.isSafeInteger(keep_days) && keep_days >= 0 && keep_days <= MOST_DAYS;
  return known && days && Number.isSafeInteger(max_bytes) && max_bytes >= 0;
}

/** What workers were told is their journal: it is kept as long as what they send. */
export function outputClassOf(agentId: string): ArtifactClass {
  return /^agent:\/\/[^/]+\/[0-9a-f]{32}\/worker\//.test(agentId) ? 'content' : 'output';
}

/** What a content was to its action. */
export function classOf(target: string, isDecidedOn: boolean): ArtifactClass {
  if (isDecidedOn) return 'evidence';
  if (target.startsWith('model::')) return 'prompt';
  return target.startsWith('net::') ? 'body' : 'content';
}

type Sized = { readonly sizeBytes: number };

/** The first ones, oldest first, without which no more than `excess` bytes are too many. */
export function firstCovering<T extends Sized>(oldest: readonly T[], excess: number): T[] {
  const chosen: T[] = [];
  let left = excess;
  for (const each of oldest) {
    if (left <= 0) break;
    chosen.push(each);
    left -= each.sizeBytes;
  }
  return chosen;
}
