import { type Digest, digestBytes } from '@ioi/canon';
import type { OpenWorkerRun } from '@ioi/protocol';
import { providerSelectionOf } from '../core/workers/index.ts';

const HASH = digestBytes('something');

/** What a node says when a worker begins a task. */
export function workerOpening(agent_id: string, session_id: Digest): OpenWorkerRun {
  const selected = {
    worker_id: 'worker://local/count',
    program_hash: HASH,
    task: {
      task_id: `task_${'6f'.repeat(16)}`,
      requester_id: 'wallet://local/owner',
      objective: 'count_words',
      task_class: 'other',
      privacy_class: 'internal',
      execution_profile: 'local',
      input_refs: [],
      output_contract: { type: 'worker_result', required_receipts: ['execution', 'validation'] },
      constraints: {},
      primitive_capabilities_required: [],
      authority_scopes_required: [],
      created_at: '1800000000000',
    },
  } satisfies Partial<OpenWorkerRun>;
  return {
    ...selected,
    run_id: `run_${'7a'.repeat(16)}`,
    ...{ agent_id, session_id, input_commitment: HASH, task_schema_hash: HASH },
    confinement: 'sandbox',
    provider_selection_commit: providerSelectionOf(selected),
  };
}
