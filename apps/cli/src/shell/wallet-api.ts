import type {
  AuthorityScopeRequestEnvelope,
  CertificatesPage,
  GrantsPage,
  ScopeRequestsPage,
  SignedAuthority,
  WantedScopes,
} from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** Authority as the daemon reads it from the log; it can give none. */
export class WalletApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  requests(): Promise<ScopeRequestsPage> {
    return this.#get('requests');
  }

  grants(): Promise<GrantsPage> {
    return this.#get('grants');
  }

  certificates(): Promise<CertificatesPage> {
    return this.#get('certificates');
  }

  ask(wanted: WantedScopes): Promise<{ readonly request: AuthorityScopeRequestEnvelope }> {
    return this.#post('requests', wanted);
  }

  bring(signed: SignedAuthority): Promise<{ readonly seq: string }> {
    return this.#post('signed', signed);
  }

  #get<T>(name: string): Promise<T> {
    return callLocal({ socket: this.#socket, method: 'GET', path: `/v1/wallet/${name}` });
  }

  #post<T>(name: string, body: object): Promise<T> {
    return callLocal({ socket: this.#socket, method: 'POST', path: `/v1/wallet/${name}`, body });
  }
}
