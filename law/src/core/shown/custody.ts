import type { LogEntry } from '@ioi/protocol';
import { describeEntry } from './describe-entry.ts';

/** One hand that an act went through. Texts are as recorded, not yet safe to print. */
export type CustodyLink = {
  /** Its stage, and where in the log it stands. */
  readonly id: string;
  readonly stage: 'request' | 'decision' | 'approval' | 'seal' | 'effect' | 'receipt';
  /** What it came to: a verdict, an outcome. */
  readonly word: string;
  readonly seq: string;
  /** Chain Time. */
  readonly at: string;
  /** A rule, a digest, an id: what it is known by. */
  readonly names: readonly string[];
};

const DECIDE = 'boundary/action.decide';
const RECEIPT = 'boundary/action.receipt';
const DENY = 'boundary/action.deny';

/**
 * Through whose hands an act went, from the request to the last receipt, each after the one before
 * it: all of these entries, oldest first, are of one act.
 */
export function custodyIn(entries: readonly LogEntry[]): readonly CustodyLink[] {
  const links: CustodyLink[] = [];
  for (const entry of entries) links.push(...linksOf(entry, links.length === 0));
  return links;
}

function linksOf(entry: LogEntry, isFirst: boolean): readonly CustodyLink[] {
  const line = describeEntry(entry);
  const { seq, chainTime: at, word, ruleId, field, receiptId, requestHash } = line;
  const link = (
    stage: CustodyLink['stage'],
    said: string,
    ...names: readonly (string | undefined)[]
  ): CustodyLink => {
    const known = names.filter((name) => name !== undefined);
    return { id: `${stage} ${seq}`, stage, word: said, seq, at, names: known };
  };
  if (entry.operation === DECIDE) {
    const { target = '', path } = line;
    const asked = isFirst ? [link('request', target, path, requestHash)] : [];
    const token = eventOf(entry, 'approval.consumed')?.['token_hash'];
    const given = token === undefined ? [] : [link('approval', 'APPROVED', String(token))];
    const sealed = eventOf(entry, 'action.committed');
    const height = `commit ${entry.height}`;
    const seal = sealed === undefined ? [] : [link('seal', 'sealed', height)];
    return [...asked, ...given, link('decision', word, ruleId, field, receiptId), ...seal];
  }
  if (entry.operation === DENY) return [link('approval', word, receiptId)];
  if (entry.operation !== RECEIPT) return [];
  const isViolated = word === 'contract_violation';
  const outcome = isViolated ? 'completed' : word;
  const held = isViolated ? 'contract_violation' : 'recorded';
  return [link('effect', outcome), link('receipt', held, receiptId)];
}

function eventOf({ events }: LogEntry, type: string) {
  return events.find((event) => event['type'] === type);
}
