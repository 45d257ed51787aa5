import type { PolicySimulation } from '@ioi/law';
import { shortId } from './match-id.ts';
import { visible } from './visible.ts';

const MOST_LINES = 20;

/** What changes for recorded actions, counted, and the newest of them by name. */
export function simulationLines({ actions, counts, changed }: PolicySimulation): string[] {
  const counted = Object.entries(counts).map(([change, count]) => {
    return `  ${count} ${change.replace(' ', ' to ')}`;
  });
  const named = changed.slice(-MOST_LINES).map(({ seq, request_hash, target, was, becomes }) => {
    return `  ${seq}  ${shortId(request_hash)}  ${visible(target)}  ${was} to ${becomes}`;
  });
  const more = changed.length - named.length;
  return [
    `${actions} recorded actions run again, changed verdicts: ${changed.length}`,
    ...counted,
    ...(more > 0 ? [`  and ${more} before these:`] : []),
    ...named,
  ];
}
