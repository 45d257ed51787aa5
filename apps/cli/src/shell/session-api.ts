import type { SessionIssuer, SessionRevocations } from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

export type PinnedIssuer = {
  readonly issuer: SessionIssuer;
  readonly revocations?: SessionRevocations;
};

const ISSUERS = '/v1/session-issuers';

/** Sessions between nodes: what this one says of its own, and whose it takes. */
export class SessionApi {
  readonly #sockets: Sockets;

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  issuer(): Promise<SessionIssuer> {
    return this.#say('/sessions/issuer');
  }

  revocations(): Promise<SessionRevocations> {
    return this.#say('/sessions/revocations');
  }

  async pinned(): Promise<readonly PinnedIssuer[]> {
    const { daemon: socket } = this.#sockets;
    const page = callLocal<{ issuers: PinnedIssuer[] }>({ socket, method: 'GET', path: ISSUERS });
    return (await page).issuers;
  }

  pin(issuer: unknown): Promise<SessionIssuer> {
    return this.#give(ISSUERS, issuer);
  }

  learn(revocations: unknown): Promise<SessionRevocations> {
    return this.#give(`${ISSUERS}/revocations`, revocations);
  }

  forget(issuerId: string): Promise<object> {
    const path = `${ISSUERS}/${encodeURIComponent(issuerId)}`;
    return callLocal({ socket: this.#sockets.daemon, method: 'DELETE', path });
  }

  #say<T>(path: string): Promise<T> {
    return callLocal<T>({ socket: this.#sockets.guardian, method: 'GET', path });
  }

  #give<T>(path: string, body: unknown): Promise<T> {
    return callLocal<T>({ socket: this.#sockets.daemon, method: 'POST', path, body });
  }
}
