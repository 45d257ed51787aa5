import type { DataOverview, SandboxState } from '@ioi/protocol';
import { sizeText } from './amounts.ts';
import { Command } from './command.tsx';
import { Badge, Facts, Foreign, Notice } from './parts.tsx';

/** What is further away says nothing. */
const DAYS_TOLD = 1000;

/** What lies on the disk, and for how long contents are kept. */
export function Storage({ data: { classes, disk, warning } }: { data: DataOverview }) {
  const kept = classes.filter(({ count }) => count > 0);
  const { days_left: days = Number.POSITIVE_INFINITY } = disk;
  const left = days > DAYS_TOLD ? '' : `, full in ${Math.round(days)} days`;
  const rate = sizeText(disk.growth_bytes_per_day);
  return (
    <>
      {warning === undefined ? null : <Notice tone="warn">{warning}</Notice>}
      <Facts
        of={[
          ['Log', sizeText(disk.log_bytes)],
          ['State', sizeText(disk.heads_bytes)],
          ['Contents', sizeText(disk.artifacts_bytes)],
          ['Free', `${sizeText(disk.free_bytes)} of ${sizeText(disk.total_bytes)}`],
          ['Growth', `${rate} a day${left}`],
        ]}
      />
      {kept.length === 0 ? (
        <p>No contents are kept beside the log yet.</p>
      ) : (
        <ul className="mt-2">
          {kept.map(({ artifact_class: name, count, bytes, held, keep_days }) => (
            <li key={name}>
              {`${name}: ${count}, ${sizeText(bytes)}, kept ${keep_days} days`}
              {held === 0 ? '' : `, ${held} held`}
            </li>
          ))}
        </ul>
      )}
      <p className="mt-2">
        <Command text="ioi data show" /> <code>ioi data retain CLASS --days COUNT</code>
      </p>
    </>
  );
}

export function Sandbox({ state: { available, cause, fix } }: { state: SandboxState }) {
  if (available) {
    return (
      <p>
        <Badge tone="good">holds</Badge> Servers with a manifest, and what <code>ioi run</code>{' '}
        starts, get what is named and nothing else of this machine.
      </p>
    );
  }
  return (
    <p>
      <Badge tone="warn">none</Badge> <Foreign text={cause ?? 'no reason given'} />{' '}
      <Foreign text={fix ?? 'ioi mcp sandbox'} />
    </p>
  );
}
