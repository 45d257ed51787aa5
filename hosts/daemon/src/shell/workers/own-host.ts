import { digestOf } from '@ioi/canon';
import type { WorkerHost } from '@ioi/protocol';
import { type OwnStep, ownAsked, ownEnd, ownTask } from '../../core/index.ts';
import type { BegunWorker } from './begin-worker.ts';

/** What stands in the place of a worker where the node carries a step out itself: one act. */
export function beginOwn(own: OwnStep, nodeName: string): BegunWorker {
  const { step, workflow, contract_hash } = own;
  const hash = digestOf(step);
  if (!hash.ok) throw new Error('a step of a kept workflow has a canonical form');
  const name = workflow.slice('workflow://'.length);
  const host: WorkerHost = {
    description: { name, tasks: [ownTask(step)] },
    invoke: async ({ input, takeStep }) => ownEnd(own, await takeStep(ownAsked(own, input))),
    close: async () => {},
  };
  return {
    host,
    program_hash: hash.value,
    worker_id: `worker://${nodeName}/workflow/${name}`,
    // As of workers: what it was told is its journal, and is kept as long as theirs.
    agent_id: `agent://${nodeName}/worker/workflow/${name}`,
    // Nothing runs but what the graph says.
    confinement: 'interpreter',
    own: { contract_hash },
    capabilities: [],
    scopes: [],
  };
}
