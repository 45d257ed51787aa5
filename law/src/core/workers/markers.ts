import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { OpenWorkerRun } from '@ioi/protocol';

type Selected = Pick<OpenWorkerRun, 'worker_id' | 'program_hash'> & {
  readonly task: Pick<OpenWorkerRun['task'], 'task_id'>;
};

/** Which worker, of which program, was taken for which task (whitepaper 8.2.1, RRS-I). */
export function providerSelectionOf({ worker_id, program_hash, task }: Selected): Digest {
  return hashOf({ worker_id, program_hash, task_id: task.task_id });
}

type Verified = {
  readonly run_id: string;
  readonly output_commitment?: string;
  readonly task_schema_hash: string;
};

/** That what a run returned was held against what its task returns, and fits (RRS-I). */
export function verificationOf({ output_commitment = '', ...about }: Verified): Digest {
  const { run_id, task_schema_hash } = about;
  return hashOf({ run_id, output_commitment, task_schema_hash, output_fits: true });
}

type Shapes = { readonly input_schema: object; readonly output_schema: object };

/** Over what a task takes and returns, as its worker said when it was opened. */
export function taskSchemaHash({ input_schema, output_schema }: Shapes): Digest | undefined {
  const hash = digestOf({ input_schema, output_schema });
  return hash.ok ? hash.value : undefined;
}

export function hashOf(value: unknown): Digest {
  const hash = digestOf(value);
  assert(hash.ok, 'what is sealed has a canonical form');
  return hash.value;
}
