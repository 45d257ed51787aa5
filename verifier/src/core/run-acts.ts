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
  readonly #over = new Set<string>();

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
    if (entry.operation === DECIDE) {
      const late = this.#decided(item);
      if (late) return late;
    }
    for (const event of nodeEventsOf(entry)) {
      if (event.type === 'worker_run.opened') {
        const { run_id, session_id: sessionId } = event.run;
        if (this.#sessions.has(sessionId) || this.#over.has(sessionId)) {
          return found(item, `${run_id} has the session of another run`);
        }
        const open = { sessionId, acts: new Set<string>() };
        this.#runs.set(run_id, open);
        this.#sessions.set(sessionId, open);
      }
      if (event.type === 'worker_run.ended') return this.#ended(item);
    }
    return undefined;
  }

  #decided(item: PlacedEntry): Finding | undefined {
    const { entry } = item;
    const { session_id = '' } = (entry.payload as DecideAction).request.context;
    if (this.#over.has(session_id)) return found(item, 'its session is of a run that ended');
    const open = this.#sessions.get(session_id);
    for (const event of open === undefined ? [] : nodeEventsOf(entry)) {
      if (event.type !== 'receipt.emitted') continue;
      const { body } = event.receipt;
      if ('request_hash' in body && body.request_hash) open?.acts.add(body.request_hash);
    }
    return undefined;
  }

  #ended(item: PlacedEntry): Finding | undefined {
    const { run_id, acts } = item.entry.payload as EndWorkerRun;
    const open = this.#runs.get(run_id);
    if (open === undefined) return undefined;
    this.#runs.delete(run_id);
    this.#sessions.delete(open.sessionId);
    this.#over.add(open.sessionId);
    const bound = new Set(acts);
    const left = [...open.acts].find((hash) => !bound.has(hash));
    const foreign = acts.find((hash) => !open.acts.has(hash));
    const named = left ?? foreign;
    if (named === undefined) return undefined;
    const how = left === undefined ? 'binds' : 'leaves out';
    return found(item, `the end of ${run_id} ${how} ${named}`);
  }
}

function found({ line, entry }: PlacedEntry, message: string): Finding {
  return { code: 'run.wrong_acts', message, line, seq: entry.seq };
}
