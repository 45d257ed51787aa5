import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import type { Digest, Json } from '@ioi/canon';
import { validateValue } from '@ioi/drivers';
import { taskSchemaHash } from '@ioi/law';
import type {
  OpenWorkerRun,
  Rejection,
  WorkerHost,
  WorkerRunAsked,
  WorkerTask,
} from '@ioi/protocol';
import { MOST_STEPS } from '@ioi/workers';
import type { BegunWorker } from './begin-worker.ts';
import { deadlineOf } from './deadline.ts';

export type Task = { readonly name: string; readonly schemaHash: Digest };

/** The task that is asked for, where its input fits; its only one where none is named. */
export function taskFor(
  host: WorkerHost,
  { task, input }: WorkerRunAsked,
): Result<Task, Rejection> {
  const { tasks } = host.description;
  const known = tasks.map(({ name }) => name);
  const name = task ?? (known.length === 1 ? known[0] : undefined);
  const found = tasks.find((each) => each.name === name);
  if (found === undefined) {
    return refuse('worker.no_task', `it has ${known.join(', ')}; say which: ${task ?? 'none'}`);
  }
  const schemaHash = schemaOf(found);
  if (schemaHash === undefined) {
    return refuse('worker.schema', `what ${found.name} takes or returns has no canonical form`);
  }
  const fits = validateValue(found.input_schema, input as Json);
  if (!fits.ok) return refuse('run.input_invalid', fits.error.message);
  return ok({ name: found.name, schemaHash });
}

type Begun = Pick<BegunWorker, 'capabilities' | 'scopes'> & { readonly at: number };

/** As it is sealed when its run is opened. */
export function taskEnvelope(
  asked: WorkerRunAsked,
  { name }: Task,
  { capabilities, scopes, at }: Begun,
): OpenWorkerRun['task'] {
  const { max_steps = MOST_STEPS, reading_valid_ms: valid } = asked;
  const deadline = deadlineOf(asked);
  return {
    task_id: `task_${randomBytes(16).toString('hex')}`,
    requester_id: 'wallet://local/owner',
    objective: name,
    task_class: 'other',
    privacy_class: 'internal',
    execution_profile: 'local',
    input_refs: [],
    output_contract: { type: 'worker_result', required_receipts: ['execution', 'validation'] },
    constraints: {
      ...(deadline === undefined ? {} : { deadline }),
      ...(valid === undefined ? {} : { reading_valid_ms: valid }),
      max_steps,
    },
    primitive_capabilities_required: [...capabilities],
    authority_scopes_required: [...scopes],
    created_at: String(at),
  };
}

export function schemaOf(task: WorkerTask | undefined): Digest | undefined {
  return task && taskSchemaHash(task);
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
