import { err, ok, type Result } from '@ioi/basis';
import { type Json, parseStrict } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';
import type { Rejection, WorkerTask } from '@ioi/protocol';

/** What somebody sent: words, or a value. */
export type Part = { readonly text: string } | { readonly data: Json };

/** The task that is named, or the only one there is. */
export function taskMeant(
  tasks: readonly WorkerTask[],
  named: string | undefined,
): Result<WorkerTask, Rejection> {
  const [only, ...others] = tasks;
  if (named === undefined && only !== undefined && others.length === 0) return ok(only);
  const found = tasks.find(({ name }) => name === named);
  if (found !== undefined) return ok(found);
  const names = tasks.map(({ name }) => name).join(', ');
  return refuse('serve.no_task', `say which task in metadata.skillId: ${names}`);
}

/**
 * What a task takes, from a message: a value as it is; words where it takes words, or where the
 * only thing it takes is a text; else the words are JSON.
 */
export function inputOf(task: WorkerTask, parts: readonly Part[]): Result<Json, Rejection> {
  const values = parts.flatMap((part) => ('data' in part ? [part.data] : []));
  const [value] = values;
  if (value !== undefined) {
    if (parts.length === 1) return ok(value);
    return refuse('serve.input', `${task.name} takes one data part, or text`);
  }
  const text = parts.map((part) => ('text' in part ? part.text : '')).join('\n');
  const { type, properties } = task.input_schema;
  if (type === 'string') return ok(text);
  const read = parseStrict(text);
  if (read.ok && isObject(read.value)) return ok(read.value);
  const name = onlyText(properties);
  if (name !== undefined) return ok({ [name]: text });
  if (read.ok && type !== 'object') return ok(read.value);
  return refuse('serve.input', `${task.name} takes a value: send it as a data part`);
}

/** The one property that there is, where it is a text. */
function onlyText(properties: Json | undefined): string | undefined {
  const [first, ...others] = isObject(properties) ? Object.entries(properties) : [];
  if (first === undefined || others.length > 0) return undefined;
  const [name, schema] = first;
  return isObject(schema) && schema['type'] === 'string' ? name : undefined;
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
