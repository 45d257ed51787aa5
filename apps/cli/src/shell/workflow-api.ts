import type {
  WorkflowCheck,
  WorkflowRunArtifacts,
  WorkflowRunAsked,
  WorkflowRunStatus,
  WorkflowRunsPage,
  WorkflowSaved,
  WorkflowsPage,
} from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal, openLocal, problemOf, textOf } from './local-http.ts';

/** Workflows that the node keeps. */
export class WorkflowApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  list(): Promise<WorkflowsPage> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/v1/workflows' });
  }

  check(text: string): Promise<WorkflowCheck> {
    const path = '/v1/workflows/check';
    return callLocal({ socket: this.#socket, method: 'POST', path, body: { text } });
  }

  /** As it was kept, and the tag that changing it takes. */
  async read(name: string): Promise<{ readonly text: string; readonly etag: string }> {
    const call = { socket: this.#socket, method: 'GET', path: pathOf(name) } as const;
    const answer = await openLocal(call);
    const text = await textOf(answer);
    const { statusCode: status = 0, headers } = answer;
    if (status !== 200) throw problemOf(JSON.parse(text), status);
    return { text, etag: headers.etag ?? '' };
  }

  /** Over what `etag` is of, or where there is none. */
  save(name: string, text: string, etag: string | undefined): Promise<WorkflowSaved> {
    const headers: Record<string, string> =
      etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag };
    return callLocal({ socket: this.#socket, method: 'PUT', path: pathOf(name), text, headers });
  }

  run(name: string, body: WorkflowRunAsked): Promise<WorkflowRunStatus> {
    const path = `${pathOf(name)}/runs`;
    return callLocal({ socket: this.#socket, method: 'POST', path, body });
  }

  runs(): Promise<WorkflowRunsPage> {
    return callLocal({ socket: this.#socket, method: 'GET', path: RUNS });
  }

  inspect(run: string): Promise<WorkflowRunStatus> {
    const path = `${RUNS}/${encodeURIComponent(run)}`;
    return callLocal({ socket: this.#socket, method: 'GET', path });
  }

  artifacts(run: string): Promise<WorkflowRunArtifacts> {
    const path = `${RUNS}/${encodeURIComponent(run)}/artifacts`;
    return callLocal({ socket: this.#socket, method: 'GET', path });
  }

  cancel(run: string): Promise<WorkflowRunStatus> {
    const path = `${RUNS}/${encodeURIComponent(run)}/cancel`;
    return callLocal({ socket: this.#socket, method: 'POST', path });
  }

  remove(name: string): Promise<{ readonly removed: boolean }> {
    return callLocal({ socket: this.#socket, method: 'DELETE', path: pathOf(name) });
  }
}

const RUNS = '/v1/workflow-runs';

function pathOf(name: string): string {
  return `/v1/workflows/${encodeURIComponent(name)}`;
}
