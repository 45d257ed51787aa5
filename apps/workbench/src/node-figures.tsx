import type { MetricFamily } from '@ioi/protocol';
import { sizeText, spanText } from './amounts.ts';
import { Command } from './command.tsx';
import { countsText, durationsText, figureOf, samplesOf } from './figures.ts';
import { Facts, Foreign, Time } from './parts.tsx';

/** What `ioi metrics` tells, as a person reads it. Counts begin when the daemon starts. */
export function NodeFigures({ families }: { families: readonly MetricFamily[] }) {
  const one = (name: string, label?: string): number => figureOf(families, name, label) ?? 0;
  const late = figureOf(families, 'ioi_event_loop_delay_seconds', 'p99');
  const waits = `${one('ioi_writer_queue')} not sealed yet`;
  const oldest = spanText(one('ioi_writer_oldest_seconds') * 1000);
  return (
    <>
      <Facts
        of={[
          ['Guardian', one('ioi_guardian_up') === 1 ? 'seals' : 'a record waits for its seal'],
          ['Queue', one('ioi_writer_queue') === 0 ? waits : `${waits}, the first for ${oldest}`],
          ['Deciding', durationsText(families, 'ioi_decision_duration_seconds')],
          ['Sealing', durationsText(families, 'ioi_seal_duration_seconds')],
          ['Decisions', countsText(families, 'ioi_decisions_total')],
          ['Denials', countsText(families, 'ioi_denials_total')],
          ['Without receipt', countsText(families, 'ioi_failed_acts_total')],
          ['Witnesses', <Witnesses key="witnesses" families={families} />],
          ['Disk', diskText(families)],
          ['Memory', `${sizeText(one('process_resident_memory_bytes'))} of the daemon`],
          ['Its turns', late === undefined ? 'not looked at yet' : lateText(late)],
          ['Since', <Time key="since" millis={sinceOf(families)} />],
        ]}
      />
      <p className="mt-2">
        All of them, for a Prometheus server: <Command text="ioi metrics" />
      </p>
    </>
  );
}

function lateText(seconds: number): string {
  return `99 of 100 at most ${spanText(seconds * 1000)} late`;
}

function sinceOf(families: readonly MetricFamily[]): string {
  const started = figureOf(families, 'process_start_time_seconds') ?? 0;
  return String(Math.round(started * 1000));
}

function diskText(families: readonly MetricFamily[]): string {
  const free = figureOf(families, 'ioi_disk_free_bytes') ?? 0;
  const size = figureOf(families, 'ioi_disk_size_bytes') ?? 0;
  return `${sizeText(free)} free of ${sizeText(size)}`;
}

/** Each by its name, and when it cosigned last. */
function Witnesses({ families }: { families: readonly MetricFamily[] }) {
  const ages = samplesOf(families, 'ioi_witness_age_seconds');
  const states = countsText(families, 'ioi_witnesses');
  if (states === 'none') {
    return (
      <>
        none: nobody elsewhere would notice a log put back; <code>ioi witness --help</code>
      </>
    );
  }
  return (
    <>
      {states}
      {ages.map(({ labels = {}, value }) => (
        <span key={labels['witness']}>
          {', '}
          <Foreign text={labels['witness'] ?? ''} /> {`cosigned ${spanText(value * 1000)} ago`}
        </span>
      ))}
    </>
  );
}
