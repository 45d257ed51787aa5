import type { LiveSession, SessionsPage, Stopped } from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** Who is at the doors of the node, and keeping them from asking. */
export class SessionsApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  list(): Promise<SessionsPage> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/v1/sessions' });
  }

  pause(id: string): Promise<LiveSession> {
    return this.#tell(id, 'pause');
  }

  resume(id: string): Promise<LiveSession> {
    return this.#tell(id, 'resume');
  }

  stop(): Promise<Stopped> {
    return callLocal({ socket: this.#socket, method: 'POST', path: '/v1/stop' });
  }

  lift(): Promise<Stopped> {
    return callLocal({ socket: this.#socket, method: 'DELETE', path: '/v1/stop' });
  }

  #tell(id: string, what: 'pause' | 'resume'): Promise<LiveSession> {
    const path = `/v1/sessions/${encodeURIComponent(id)}/${what}`;
    return callLocal({ socket: this.#socket, method: 'POST', path });
  }
}
