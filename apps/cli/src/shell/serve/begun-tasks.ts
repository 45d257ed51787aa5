import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStrict } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';

/** A task that a client began here, and the conversation it is of. */
export type BegunTask = { readonly run: string; readonly context: string };

const NAME = 'begun.jsonl';
const KEPT = 10_000;

/**
 * Runs that were begun here, over restarts: a client is told of no other run of the node. The
 * oldest make room.
 */
export class BegunTasks {
  readonly #path: string;
  readonly #contexts = new Map<string, string>();

  constructor(folder: string) {
    this.#path = join(folder, NAME);
    const lines = existsSync(this.#path) ? readFileSync(this.#path, 'utf8').split('\n') : [];
    for (const line of lines) {
      const task = taskIn(line);
      if (task !== undefined) this.#keep(task);
    }
    const text = [...this.#contexts].map(([run, context]) => lineOf({ run, context })).join('');
    writeFileSync(`${this.#path}.part`, text, { mode: 0o600, flush: true });
    renameSync(`${this.#path}.part`, this.#path);
  }

  add(task: BegunTask): void {
    if (this.#contexts.has(task.run)) return;
    appendFileSync(this.#path, lineOf(task), { mode: 0o600, flush: true });
    this.#keep(task);
  }

  contextOf(run: string): string | undefined {
    return this.#contexts.get(run);
  }

  /** The newest first. */
  all(): readonly BegunTask[] {
    return [...this.#contexts].map(([run, context]) => ({ run, context })).reverse();
  }

  #keep({ run, context }: BegunTask): void {
    this.#contexts.set(run, context);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > KEPT && oldest !== undefined) this.#contexts.delete(oldest);
  }
}

function lineOf(task: BegunTask): string {
  return `${JSON.stringify(task)}\n`;
}

/** A line that a crash cut short is none. */
function taskIn(line: string): BegunTask | undefined {
  const read = parseStrict(line);
  const { run, context } = read.ok && isObject(read.value) ? read.value : {};
  return typeof run === 'string' && typeof context === 'string' ? { run, context } : undefined;
}
