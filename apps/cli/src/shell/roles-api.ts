import type {
  RoleSessionOpened,
  RoleSessionView,
  RolesPage,
  SignInAsked,
  SignInBegun,
  SignInReturned,
} from '@ioi/protocol';
import { callLocal } from './local-http.ts';

/** The provider has to answer as well. */
const EXCHANGE_MS = 60_000;

/** Who has which role, and signing in. */
export class RolesApi {
  readonly #at: string;

  /** `at`: a socket, or the address of a node's door for people. */
  constructor(at: string) {
    this.#at = at;
  }

  page(): Promise<RolesPage> {
    return callLocal({ socket: this.#at, method: 'GET', path: '/v1/roles' });
  }

  begin(body: SignInAsked): Promise<SignInBegun> {
    return callLocal({ socket: this.#at, method: 'POST', path: '/v1/sign-ins', body });
  }

  open(body: SignInReturned): Promise<RoleSessionOpened> {
    const call = { socket: this.#at, method: 'POST', path: '/v1/role-session', body } as const;
    return callLocal({ ...call, timeoutMs: EXCHANGE_MS });
  }

  whoami(): Promise<RoleSessionView> {
    return callLocal({ socket: this.#at, method: 'GET', path: '/v1/role-session' });
  }

  close(): Promise<RoleSessionView> {
    return callLocal({ socket: this.#at, method: 'DELETE', path: '/v1/role-session' });
  }
}
