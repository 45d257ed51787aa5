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
    return refuse('run.input_invalid', 'the input of a workflow is an object');
  }
  const values = given as { readonly [port: string]: Json };
  for (const [name, value] of Object.entries(values)) {
    const port = inputs.find((each) => each.name === name);
    if (port !== undefined && fitsPort(port.type, value)) continue;
    const wanted = port === undefined ? 'no input of it' : `to be ${port.type}`;
    return refuse('run.input_invalid', `\`${name}\` is ${wanted}`);
  }
  const missing = inputs.find(({ name, required }) => {
    return required !== false && !Object.hasOwn(values, name);
  });
  if (missing === undefined) return ok(values);
  return refuse('run.input_invalid', `it wants \`${missing.name}\`, which is ${missing.type}`);
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
