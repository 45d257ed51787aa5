import { Worker } from 'node:worker_threads';
import type { SimReport } from '@ioi/sim';
import { type Evidence, type Progress, sideBySide, sumOf } from './evidence.ts';

/** Runs a simulation with the seeds from one on; its rules are those of @ioi/sim. */
export async function runSeeds(
  seeds: number,
  onProgress: Progress,
  simulation: 'agentgres' | 'cluster' = 'agentgres',
): Promise<Evidence> {
  const parities = [0, 1].map((start) => ({ first: start + 1, last: seeds, by: 2, simulation }));
  let done = 0;
  const parts = await sideBySide(parities, (workerData) =>
    simulate(workerData, (findings) => {
      done += 1;
      onProgress(done, seeds, 'seeds', findings);
    }),
  );
  const none = { acknowledged_lost: 0, forks: 0 };
  const { findings, counts } = sumOf([{ findings: [], counts: none }, ...parts]);
  return { findings, counts: { seeds: done, ...counts } };
}

function simulate(
  workerData: object,
  onDone: (findings: readonly string[]) => void,
): Promise<Evidence> {
  const thread = new Worker(new URL('./seed-thread.ts', import.meta.url), { workerData });
  const parts: Evidence[] = [];
  return new Promise((resolve, reject) => {
    thread.on('message', (report: SimReport) => {
      const evidence = judged(report);
      parts.push(evidence);
      onDone(evidence.findings);
    });
    thread.on('error', reject);
    thread.on('exit', () => resolve(sumOf(parts)));
  });
}

function judged({ seed, broken }: SimReport): Evidence {
  if (broken === undefined) return { findings: [], counts: {} };
  const { breach, step, message } = broken;
  const counts = {
    acknowledged_lost: breach === 'lost' ? 1 : 0,
    forks: breach === 'fork' ? 1 : 0,
  };
  return { findings: [`seed ${seed}, step ${step}: ${message}`], counts };
}
