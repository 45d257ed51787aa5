import { err, ok, type Result } from '@ioi/basis';
import type { Digest, Json } from '@ioi/canon';
import { validateValue } from '@ioi/drivers';
import { taskSchemaHash } from '@ioi/law';
import type { Rejection, WorkerHost, WorkerRunAsked, WorkerTask } from '@ioi/protocol';

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

export function schemaOf(task: WorkerTask | undefined): Digest | undefined {
  return task && taskSchemaHash(task);
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
