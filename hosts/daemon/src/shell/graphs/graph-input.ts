import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { LoadedWorkflow } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import { fitsPort, type GraphGiven } from './graph-records.ts';

/** A member for each input, of its type; nothing else. */
export function inputIn(
  { inputs = [] }: LoadedWorkflow['workflow'],
  given: unknown,
): Result<GraphGiven['input'], Rejection> {
  if (!fitsPort('record', (given ?? null) as Json)) {
    return refuse('the input of a workflow is an object');
  }
  const values = given as { readonly [port: string]: Json };
  for (const [name, value] of Object.entries(values)) {
    const port = inputs.find((each) => each.name === name);
    if (port !== undefined && fitsPort(port.type, value)) continue;
    const wanted = port === undefined ? 'no input of it' : `to be ${port.type}`;
    return refuse(`\`${name}\` is ${wanted}`);
  }
  const missing = inputs.find(({ name, required }) => {
    return required !== false && !Object.hasOwn(values, name);
  });
  if (missing === undefined) return ok(values);
  return refuse(`it wants \`${missing.name}\`, which is ${missing.type}`);
}

function refuse(message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code: 'run.input_invalid', message });
}
