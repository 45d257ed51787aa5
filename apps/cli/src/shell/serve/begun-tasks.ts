import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStrict } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';

/** A task that a client began here, the conversation it is of, and a digest of its message. */
export type BegunTask = { readonly run: string; readonly context: string; readonly sent: string };

const NAME = 'begun.jsonl';
const KEPT = 10_000;

/**
 * Runs that were begun here, over restarts: a client is told of no other run of the node. The
 * oldest make room.
 */
export class BegunTasks {
  readonly #path: string;
  readonly #tasks = new Map<string, BegunTask>();
  readonly #bySent = new Map<string, BegunTask>();

  constructor(folder: string) {
    this.#path = join(folder, NAME);
    const lines = existsSync(this.#path) ? readFileSync(this.#path, 'utf8').split('\n') : [];
    for (const line of lines) {
      const task = taskIn(line);
      if (task !== undefined) this.#keep(task);
    }
    const text = [...this.#tasks.values()].map(lineOf).join('');
    writeFileSync(`${this.#path}.part`, text, { mode: 0o600, flush: true });
    renameSync(`${this.#path}.part`, this.#path);
  }

  add(task: BegunTask): void {
    if (this.#tasks.has(task.run)) return;
    appendFileSync(this.#path, lineOf(task), { mode: 0o600, flush: true });
    this.#keep(task);
  }

  contextOf(run: string): string | undefined {
    return this.#tasks.get(run)?.context;
  }

  /** What the same message began: the node forgets its keys when it is started again. */
  runOf(sent: string): string | undefined {
    return this.#bySent.get(sent)?.run;
  }

  /** The newest first. */
  all(): readonly BegunTask[] {
    return [...this.#tasks.values()].reverse();
  }

  #keep(task: BegunTask): void {
    this.#tasks.set(task.run, task);
    this.#bySent.set(task.sent, task);
    const [oldest] = this.#tasks.values();
    if (this.#tasks.size <= KEPT || oldest === undefined) return;
    this.#tasks.delete(oldest.run);
    this.#bySent.delete(oldest.sent);
  }
}

function lineOf(task: BegunTask): string {
  return `${JSON.stringify(task)}\n`;
}

/** A line that a crash cut short is none. */
function taskIn(line: string): BegunTask | undefined {
  const read = parseStrict(line);
  const { run, context, sent } = read.ok && isObject(read.value) ? read.value : {};
  const isTask = [run, context, sent].every((each) => typeof each === 'string');
  return isTask ? ({ run, context, sent } as BegunTask) : undefined;
}
