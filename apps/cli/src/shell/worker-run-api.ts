import type {
  WorkerRunAsked,
  WorkerRunScorecard,
  WorkerRunStatus,
  WorkerRunsPage,
  WorkerRunTrace,
} from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** Runs of workers at the node. */
export class WorkerRunApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  /** With a key the same asked twice is begun once. */
  run(body: WorkerRunAsked, key?: string): Promise<WorkerRunStatus> {
    const call = { socket: this.#socket, method: 'POST', path: '/v1/worker-runs', body } as const;
    return callLocal({
      ...call,
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  }

  list(): Promise<WorkerRunsPage> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/v1/worker-runs' });
  }

  inspect(run: string): Promise<WorkerRunStatus> {
    return callLocal({ socket: this.#socket, method: 'GET', path: pathOf(run, 'inspect') });
  }

  trace(run: string): Promise<WorkerRunTrace> {
    return callLocal({ socket: this.#socket, method: 'GET', path: pathOf(run, 'trace') });
  }

  score(run: string): Promise<WorkerRunScorecard> {
    return callLocal({ socket: this.#socket, method: 'GET', path: pathOf(run, 'scorecard') });
  }

  say(run: string, word: 'pause' | 'resume' | 'cancel'): Promise<WorkerRunStatus> {
    return callLocal({ socket: this.#socket, method: 'POST', path: pathOf(run, word) });
  }
}

function pathOf(run: string, name: string): string {
  return `/v1/runs/${encodeURIComponent(run)}/${name}`;
}
