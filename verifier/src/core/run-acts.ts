import { effectiveItems, nodeEventsOf } from '@ioi/law';
import type { DecideAction, EndWorkerRun } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import type { PlacedCommit, PlacedEntry } from './commit-rules.ts';

const DECIDE = 'boundary/action.decide';

type OpenRun = { readonly sessionId: string; readonly acts: Set<string> };

/**
 * What a run of a worker ends with binds every act of its session, and no other: what it left out
 * would be bound by nothing (whitepaper 8.2.1).
 */
export class RunActs {
  /** Those that did not end yet, by their id and by their session. */
  readonly #runs = new Map<string, OpenRun>();
  readonly #sessions = new Map<string, OpenRun>();

  /** To be asked of every commit in order, once it was replayed. */
  brokenBy(commit: PlacedCommit): Finding | undefined {
    for (const item of effectiveItems(commit)) {
      const broken = this.#take(item);
      if (broken) return broken;
    }
    return undefined;
  }

  #take(item: PlacedEntry): Finding | undefined {
    const { entry } = item;
    if (entry.operation === DECIDE) this.#decided(item);
    for (const event of nodeEventsOf(entry)) {
      if (event.type === 'worker_run.opened') {
        const { run_id, session_id: sessionId } = event.run;
        const open = { sessionId, acts: new Set<string>() };
        this.#runs.set(run_id, open);
        this.#sessions.set(sessionId, open);
      }
      if (event.type === 'worker_run.ended') return this.#ended(item);
    }
    return undefined;
  }

  #decided({ entry }: PlacedEntry): void {
    const { session_id = '' } = (entry.payload as DecideAction).request.context;
    const open = this.#sessions.get(session_id);
    if (open === undefined) return;
    for (const event of nodeEventsOf(entry)) {
      if (event.type !== 'receipt.emitted') continue;
      const { body } = event.receipt;
      if ('request_hash' in body && body.request_hash) open.acts.add(body.request_hash);
    }
  }

  #ended(item: PlacedEntry): Finding | undefined {
    const { run_id, acts } = item.entry.payload as EndWorkerRun;
    const open = this.#runs.get(run_id);
    if (open === undefined) return undefined;
    this.#runs.delete(run_id);
    this.#sessions.delete(open.sessionId);
    const bound = new Set(acts);
    const left = [...open.acts].find((hash) => !bound.has(hash));
    const foreign = acts.find((hash) => !open.acts.has(hash));
    const named = left ?? foreign ?? (bound.size < acts.length ? 'an act twice' : undefined);
    if (named === undefined) return undefined;
    const how = left === undefined ? 'binds' : 'leaves out';
    const message = `the end of ${run_id} ${how} ${named}`;
    return { code: 'run.wrong_acts', message, line: item.line, seq: item.entry.seq };
  }
}
