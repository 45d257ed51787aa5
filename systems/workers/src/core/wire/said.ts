import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { classify, type Frame, isObject, type JsonObject, type Message } from '@ioi/jsonrpc';
import type { WorkerDescription, WorkerStep, WorkerTask } from '@ioi/protocol';
import { beginningOf, endingOf } from '../part-of.ts';
import type { WireFault } from './codes.ts';

/** The one version there is; a worker of another is refused when it says hello. */
const WIRE_VERSION = 1;

/** One line of a worker. */
export type Said =
  | { readonly kind: 'hello'; readonly description: WorkerDescription }
  | { readonly kind: 'step'; readonly step: WorkerStep }
  | { readonly kind: 'returned'; readonly output: Json }
  | {
      readonly kind: 'raised';
      readonly code: string;
      readonly message: string;
      readonly trace?: string;
    };

type Outcome = Result<Said, WireFault>;

const MOST_TASKS = 64;
const MOST_MESSAGE = 4096;
const MOST_TRACE = 16 * 1024;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const CODE = /^[A-Za-z][A-Za-z0-9_.]{0,127}$/;
const TARGET = /^[a-z][a-z0-9_]{0,31}(::[A-Za-z0-9_.-]{1,128}){1,3}$/;

/** What a line means by itself; whether it may be said now is for `hear`. */
export function readSaid(frame: Frame): Outcome {
  if (frame.kind === 'oversized') {
    const message = `a line of ${frame.byteCount} bytes is too long`;
    return err({ code: 'worker.too_much', message });
  }
  const read = classify(frame.bytes);
  if (!read.ok) return refuse(`a line that is no message: ${read.error.message}`);
  const message = read.value;
  if (message.kind === 'request') return readRequest(message);
  if (message.kind === 'notification') return readNotification(message);
  return refuse('an answer to what was not asked');
}

function readRequest({ id, method, params }: Message & { kind: 'request' }): Outcome {
  if (method !== 'step') return refuse(`a method that is not known: ${method.slice(0, 64)}`);
  if (!hasOnly(params, ['index', 'target', 'params'])) return refuse('step has other members');
  const { index, target, params: given } = params;
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) {
    return refuse('the index of a step is a whole number');
  }
  if (id !== index) return refuse('the id of a step is its index');
  if (typeof target !== 'string' || !TARGET.test(target)) return refuse('step has no target');
  if (!isObject(given)) return refuse('the params of a step are an object');
  return ok({ kind: 'step', step: { index, target, params: given } });
}

function readNotification({ method, params }: Message & { kind: 'notification' }): Outcome {
  switch (method) {
    case 'worker/hello':
      return readHello(params);
    case 'task/returned':
      if (!hasOnly(params, ['output'])) return refuse('task/returned has an output alone');
      return ok({ kind: 'returned', output: params['output'] ?? null });
    case 'task/raised':
      return readRaised(params);
    default:
      return refuse(`a method that is not known: ${method.slice(0, 64)}`);
  }
}

function readRaised(params: Json | undefined): Outcome {
  if (!hasOnly(params, ['code', 'message', 'trace'], ['trace'])) {
    return refuse('task/raised has a code, a message and perhaps a trace');
  }
  const { code, message, trace } = params;
  if (typeof code !== 'string' || !CODE.test(code)) return refuse('task/raised has no code');
  if (typeof message !== 'string') return refuse('task/raised has no message');
  if (trace !== undefined && typeof trace !== 'string') return refuse('a trace is a text');
  // The end of a trace says where it was.
  const kept = trace === undefined ? {} : { trace: endingOf(trace, MOST_TRACE) };
  return ok({ kind: 'raised', code, message: cut(message), ...kept });
}

function readHello(params: Json | undefined): Outcome {
  if (isObject(params) && params['wire'] !== WIRE_VERSION) {
    const theirs = cut(JSON.stringify(params['wire'] ?? null)).slice(0, 32);
    return refuse(`it speaks wire ${theirs}, this node ${WIRE_VERSION}`);
  }
  if (!hasOnly(params, ['wire', 'name', 'tasks'])) {
    return refuse('worker/hello has wire, name and tasks');
  }
  const { name, tasks } = params;
  if (typeof name !== 'string' || !NAME.test(name)) return refuse('the worker has no name');
  if (!Array.isArray(tasks) || tasks.length === 0 || tasks.length > MOST_TASKS) {
    return refuse(`a worker has 1 to ${MOST_TASKS} tasks`);
  }
  const read = tasks.map(readTask);
  const known = read.filter((task) => task !== undefined);
  if (known.length !== read.length) return refuse('a task has a name and two schemas');
  if (new Set(known.map((task) => task.name)).size !== known.length) {
    return refuse('two tasks have one name');
  }
  return ok({ kind: 'hello', description: { name, tasks: known } });
}

function readTask(task: Json): WorkerTask | undefined {
  if (!hasOnly(task, ['name', 'input_schema', 'output_schema'])) return undefined;
  const { name, input_schema, output_schema } = task;
  if (typeof name !== 'string' || !NAME.test(name)) return undefined;
  if (!isObject(input_schema) || !isObject(output_schema)) return undefined;
  return { name, input_schema, output_schema };
}

/** Closed: a member that is not known is refused, and none but `optional` may be missing. */
function hasOnly(
  value: Json | undefined,
  names: readonly string[],
  optional: readonly string[] = [],
): value is JsonObject {
  if (!isObject(value)) return false;
  return (
    Object.keys(value).every((name) => names.includes(name)) &&
    names.every((name) => optional.includes(name) || Object.hasOwn(value, name))
  );
}

function cut(text: string): string {
  return beginningOf(text, MOST_MESSAGE);
}

function refuse(message: string): Outcome {
  return err({ code: 'worker.protocol', message });
}
