import type { LeaseProof, Leases, ProposedLease } from '@ioi/law';
import type { Paint } from './paint.ts';
import { clipped, visible } from './visible.ts';

const COLUMNS = 160;
const REACH_COLUMNS = 400;

/** What could be leased, what that rests on, and what could not be and why. */
export function leasesView({ leases, left }: Leases, paint: Paint): readonly string[] {
  const proposed = leases.flatMap((lease) => {
    const next = `    next: ioi policy leases --accept ${lease.rule.rule_id}`;
    return [...leaseView(lease, paint), next];
  });
  const missed = left.map(({ target, asked_by, hits, reason }) => {
    const why = clipped(reason, REACH_COLUMNS);
    const asked = `${visible(target)}, approved ${hits} times (${visible(asked_by)})`;
    return `not proposed: ${asked}: ${why}`;
  });
  const lines = [...proposed, ...missed];
  return lines.length > 0 ? lines : ['nothing that the active policy asks about was approved'];
}

export function leaseView(lease: ProposedLease, paint: Paint): readonly string[] {
  const { rule, asked_by, hits, reach, match, notMatch, denied, proof } = lease;
  const say = (word: string, { params }: { readonly params: object }): string =>
    `    ${word} ${clipped(JSON.stringify(params), COLUMNS)}`;
  return [
    paint('green', `+ ALLOW ${visible(rule.target)}  ${visible(rule.rule_id)}`),
    `    ${hits} approvals, asked for by ${visible(asked_by)}`,
    `    about ${clipped(reach, REACH_COLUMNS)}`,
    ...match.map((each) => say('such as', each)),
    ...notMatch.slice(0, 2).map((each) => say('not about', each)),
    ...denied.map((each) => say('denied, and asked about as before:', each)),
    `    proved: ${proofText(proof)}`,
  ];
}

function proofText({ asked, elsewhere, kept, bounded }: LeaseProof): string {
  const above = bounded === undefined ? '' : '; it stays inside the ceiling';
  const tried = asked + elsewhere + kept + (bounded ?? 0);
  const shown = 'nothing it allows is blocked today; nothing else changes';
  return `${shown}${above} (${tried} requests tried)`;
}
