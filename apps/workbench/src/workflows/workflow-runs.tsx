import type { WorkflowRunListed, WorkflowRunStep } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Listed, Loaded, Section } from '../loaded.tsx';
import { Badge, CARD, Foreign, type Tone } from '../parts.tsx';
import { EndRun } from '../stop.tsx';
import { workflowRun, workflowRuns } from './workflow-queries.ts';

const MOST = 5;

const TONES: Readonly<Record<string, Tone>> = {
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
  escalated: 'warn',
};

/** Runs of one workflow, the newest first, each step by step. */
export function WorkflowRuns({ name }: { name: string }) {
  return (
    <Section title="Runs of it">
      <Loaded query={useQuery(workflowRuns)}>
        {(page) => {
          const own = page.runs.filter(({ workflow_id: id }) => id === `workflow://${name}`);
          if (own.length === 0) return <p>No run of it is known here.</p>;
          return (
            <Listed
              of={own}
              most={MOST}
              more={<code>ioi workflow runs</code>}
              idOf={({ graph_run_id: id }) => id}
            >
              {(run) => <Run run={run} />}
            </Listed>
          );
        }}
      </Loaded>
    </Section>
  );
}

function Run({ run }: { run: WorkflowRunListed }) {
  const { graph_run_id: id, state } = run;
  return (
    <article className={CARD}>
      <p className="flex flex-wrap items-center gap-3">
        <Foreign text={id} />
        <Badge tone={TONES[state] ?? 'plain'}>{state}</Badge>
        {state === 'open' ? <EndRun kind="workflow-runs" id={id} /> : null}
      </p>
      <Loaded query={useQuery(workflowRun(id))}>
        {({ steps, detail, speculative }) => (
          <>
            {speculative === true ? <Badge tone="warn">speculative: not merged</Badge> : null}
            {detail === undefined ? null : (
              <p>
                <Foreign text={detail} />
              </p>
            )}
            <ul className="mt-2 space-y-1">
              {steps.map((step) => (
                <li key={step.step_id} className="flex flex-wrap items-center gap-3">
                  <Step step={step} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </article>
  );
}

function Step({ step }: { step: WorkflowRunStep }) {
  const { step_id: name, state, code, pending } = step;
  return (
    <>
      <Badge tone={TONES[state] ?? 'plain'}>{state}</Badge>
      <Foreign text={code === undefined ? name : `${name}: ${code}`} />
      {pending.length === 0 ? null : <Badge tone="warn">waits for a person</Badge>}
    </>
  );
}
