import { DelegationGround } from '@ioi/law/testing';
import type { Evidence, Progress } from './evidence.ts';

/** Trees that grow on one node, until its heads are many enough. */
const TREES_A_NODE = 50;

/** Trees of certificates, grants and acts, none of which may exceed what stands above it. */
export function runDelegation(
  trees: number,
  seed: number,
  onProgress: Progress = () => {},
): Evidence {
  const counts = { trees, certificates: 0, committed: 0, refused: 0, overruns: 0 };
  const findings: string[] = [];
  let ground = new DelegationGround();
  for (let at = 0; at < trees; at += 1) {
    if (at % TREES_A_NODE === 0) ground = new DelegationGround();
    const { overruns, certificates, committed, refused } = ground.grow(`${seed}/${at}`);
    counts.certificates += certificates;
    counts.committed += committed;
    counts.refused += refused;
    counts.overruns += overruns.length;
    for (const overrun of overruns) findings.push(`tree ${seed}/${at}: ${overrun}`);
    if (at % 500 === 0) onProgress(at, trees, 'trees');
  }
  return { findings, counts };
}
