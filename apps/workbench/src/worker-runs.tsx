import type { RunEnvelope } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { isOver, workerRuns } from './api.ts';
import { Listed, Section } from './loaded.tsx';
import { Badge, CARD, Foreign, type Tone } from './parts.tsx';
import { EndRun } from './stop.tsx';

const MOST = 10;

const TONES: Readonly<Partial<Record<RunEnvelope['state'], Tone>>> = {
  running: 'good',
  awaiting_approval: 'warn',
  paused: 'bad',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
};

/** Workers have no door of their own: how their runs are, newest first; nothing where none ran. */
export function WorkerRuns() {
  const runs = useQuery(workerRuns).data?.runs ?? [];
  if (runs.length === 0) return null;
  return (
    <Section title="Workers">
      <Listed
        of={runs}
        most={MOST}
        more={<code>ioi worker runs</code>}
        idOf={({ run_id: id }) => id}
      >
        {(run) => <Run run={run} />}
      </Listed>
    </Section>
  );
}

function Run({ run }: { run: RunEnvelope }) {
  const { run_id: id, worker_id: worker = 'a step of the node', state } = run;
  return (
    <article className={`${CARD} flex flex-wrap items-center gap-3`}>
      <Badge tone={TONES[state] ?? 'plain'}>{state.replace('_', ' ')}</Badge>
      <span className="grow">
        <Foreign text={worker} /> <Foreign text={id} />
      </span>
      {isOver(run) ? null : <EndRun kind="runs" id={id} />}
    </article>
  );
}
