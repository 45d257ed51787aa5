import { describeEntry } from '@ioi/law';
import type { StateRootProof } from '@ioi/protocol';
import type { Finding, VerifiedEntry, VerifiedRead } from '@ioi/verifier';
import type { Paint } from './paint.ts';
import { clipped, visible } from './visible.ts';

const NAMED = 20;
const VALUE_COLUMNS = 100;

/** What a saved read shows, once it verified. */
export function readView(read: VerifiedRead, proof: StateRootProof, paint: Paint): string[] {
  const { objects, listing } = proof;
  const shown = objects.slice(0, NAMED).map(({ head_class, id, value }) => {
    const name = visible(`${head_class}/${id}`);
    return value === undefined ? `${name} is not there` : `${name} = ${valueText(value)}`;
  });
  const listed = listing?.objects.slice(0, NAMED).map(({ id, value }) => {
    return `  ${visible(id)} = ${valueText(value)}`;
  });
  const count = listing?.objects.length ?? 0;
  const rest = count + objects.length - shown.length - (listed?.length ?? 0);
  return [
    `node         ${visible(read.node_id)}`,
    `domain       ${visible(read.domain_id)}`,
    `state        after ${read.size} entries, ${visible(read.state_root)}`,
    ...shown.map((line) => `shows        ${line}`),
    ...(listing ? [`lists        all ${count} of ${visible(listing.head_class)}`] : []),
    ...(listed ?? []),
    ...(rest > 0 ? [`             and ${rest} more`] : []),
    'root         computed by the daemon; ioi verify of the whole log recomputes it',
    `${paint('green', 'PASS')}  the guardian sealed this state root, and these are of it`,
  ];
}

/** What a saved proof of an entry shows, once it verified. */
export function entryView(
  { node_id, domain_id, size, entry, effect }: VerifiedEntry,
  paint: Paint,
): string[] {
  const about = describeEntry(entry);
  const receipt = about.receiptId === undefined ? '' : `, ${about.receiptId}`;
  return [
    `node         ${visible(node_id)}`,
    `domain       ${visible(domain_id)}`,
    `shows        entry ${entry.seq}: ${visible(`${entry.operation}, ${about.word}${receipt}`)}`,
    `under        a checkpoint of ${size} entries with both signatures`,
    effect === 'stands'
      ? `${paint('green', 'PASS')}  the entry stands in the signed log`
      : `${paint('yellow', 'VOID')}  a crash left it unsealed and a recovery voided it: no effect`,
  ];
}

export function refusedView({ code, message }: Finding, paint: Paint): string[] {
  const line = `  ${visible(code)}: ${visible(message)}`;
  return [line, `${paint('red', 'FAIL')}  nothing in this file may be relied on`];
}

function valueText(value: unknown): string {
  return clipped(JSON.stringify(value), VALUE_COLUMNS);
}
