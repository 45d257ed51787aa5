import type {
  InstalledWorker,
  InstalledWorkerDetail,
  InstalledWorkersPage,
  WorkerPackageAsked,
  WorkerPackageReview,
} from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** Looking at a package may start an interpreter, to ask for its version. */
const REVIEW_MS = 60_000;

/** Workers that are installed at the node. */
export class WorkerInstallApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  review(body: WorkerPackageAsked): Promise<WorkerPackageReview> {
    const call = { socket: this.#socket, method: 'POST', path: '/v1/worker-packages' } as const;
    return callLocal({ ...call, body, timeoutMs: REVIEW_MS });
  }

  list(): Promise<InstalledWorkersPage> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/v1/workers' });
  }

  async show(name: string): Promise<InstalledWorker> {
    return (await this.detail(name)).worker;
  }

  detail(name: string): Promise<InstalledWorkerDetail> {
    const path = `/v1/workers/${encodeURIComponent(name)}`;
    return callLocal({ socket: this.#socket, method: 'GET', path });
  }
}
