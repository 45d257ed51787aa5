import { err, ok, type Result } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import type { Rejection, WorkerEnd, WorkerStep, WorkerTask } from '@ioi/protocol';
import { beginningOf } from '../part-of.ts';

const CODE = /^[a-zA-Z][a-zA-Z0-9_]*([.:-]+[a-zA-Z0-9_]+)*$/;
const NAME = /^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,127}$/;
const TARGET = /^[a-z][a-z0-9_]*(::[a-z][a-z0-9_]*)+$/;
const MOST_CODE = 128;
const MOST_MESSAGE = 1000;
const MOST_TRACE = 4000;
const MOST_TASKS = 256;
const UNNAMED = 'Error';
export const NOTHING_SAID = 'it said nothing of why';

type Fields = Readonly<Record<string, unknown>>;

/** What a guest says is text of a stranger: read without trust, and cut where it is too long. */
export function stepIn(text: string, maxBytes: number): Result<Omit<WorkerStep, 'index'>, string> {
  const read = parseStrict(text, { maxBytes });
  if (!read.ok) return err(read.error.message);
  const { target, params } = fieldsOf(read.value);
  if (typeof target !== 'string' || target.length > MOST_CODE || !TARGET.test(target)) {
    return err('a step has a target, such as fs::read');
  }
  if (!isObject(params)) return err(`the parameters of ${target} are an object`);
  return ok({ target, params: params as WorkerStep['params'] });
}

export function endIn(text: string, maxBytes: number): WorkerEnd {
  const read = parseStrict(text, { maxBytes });
  if (!read.ok) return badAnswer(read.error.message);
  const { kind, output, ...fault } = fieldsOf(read.value);
  if (kind === 'raised') return raisedBy(fault);
  if (kind !== 'returned') return badAnswer(messageIn(fault));
  if (output === undefined) return badAnswer('what it returned has no form in JSON');
  return { kind: 'returned', output: output as Extract<WorkerEnd, { kind: 'returned' }>['output'] };
}

/** By an exception of its own, which says that it is of the language where that is so. */
export function raisedBy({ name, code, message, trace }: Fields): WorkerEnd {
  if (name === 'InternalError' && message === 'out of memory') return OUT_OF_MEMORY;
  const isCode = typeof code === 'string' && code.length <= MOST_CODE && CODE.test(code);
  const isName = typeof name === 'string' && name.length <= MOST_CODE && CODE.test(name);
  return {
    kind: 'raised',
    code: isCode ? code : isName ? name : UNNAMED,
    message: messageIn({ message }),
    ...(typeof trace === 'string' && trace !== '' ? { trace: cut(trace, MOST_TRACE) } : {}),
  };
}

export const OUT_OF_MEMORY = {
  kind: 'died',
  code: 'guest.out_of_memory',
  message: 'it needed more memory than a worker has',
} as const satisfies WorkerEnd;

/** The tasks that a file declares, or why it is no worker. */
export function tasksIn(text: string, maxBytes: number): Result<readonly WorkerTask[], Rejection> {
  const read = parseStrict(text, { maxBytes });
  if (!read.ok) return noWorker('guest.bad_task', read.error.message);
  const all = Array.isArray(read.value) ? read.value : [];
  if (all.length === 0) return noWorker('guest.no_task', 'the file declares no task');
  if (all.length > MOST_TASKS) return noWorker('guest.bad_task', `more than ${MOST_TASKS} tasks`);
  for (const each of all) {
    const { name, input_schema: input, output_schema: output } = fieldsOf(each);
    if (typeof name !== 'string' || !NAME.test(name)) {
      return noWorker('guest.bad_task', 'a task has a name of letters, digits, . _ and -');
    }
    if (!isObject(input) || !isObject(output)) {
      return noWorker('guest.bad_task', `task ${name} has two schemas, input and output`);
    }
  }
  return ok(all as unknown as readonly WorkerTask[]);
}

function noWorker(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}

function badAnswer(message: string): WorkerEnd {
  return { kind: 'died', code: 'guest.bad_answer', message: cut(message, MOST_MESSAGE) };
}

function messageIn({ message }: Fields): string {
  return typeof message === 'string' ? cut(message, MOST_MESSAGE) : NOTHING_SAID;
}

function cut(text: string, most: number): string {
  return beginningOf(text, most);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}
