import { runBudgetSequence } from '@ioi/law/testing';
import type { Evidence } from './evidence.ts';

type Progress = (done: number, of: number, what: string) => void;

/** Sequences of acts, outcomes, crashes and policies, none of which may pass the oldest cap. */
export function runBudgets(
  sequences: number,
  seed: number,
  onProgress: Progress = () => {},
): Evidence {
  const counts = { sequences, admitted: 0, swaps: 0, overruns: 0 };
  const findings: string[] = [];
  for (let at = 0; at < sequences; at += 1) {
    const { overruns, admitted, swaps } = runBudgetSequence(`${seed}/${at}`);
    counts.admitted += admitted;
    counts.swaps += swaps;
    counts.overruns += overruns.length;
    for (const overrun of overruns) findings.push(`sequence ${seed}/${at}: ${overrun}`);
    if (at % 1000 === 0) onProgress(at, sequences, 'sequences');
  }
  return { findings, counts };
}
