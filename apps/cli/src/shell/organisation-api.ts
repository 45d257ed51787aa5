import type { FollowOrganisation, OrganisationPage, OrganisationPublication } from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal, type LocalCall } from './local-http.ts';

/** A repository far away takes its time. */
const LOOK_MS = 150_000;

/** Who bounds the node, and where the node looks for newer bundles. */
export class OrganisationApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  read(): Promise<OrganisationPage> {
    return this.#ask('GET', '');
  }

  look(wanted: FollowOrganisation): Promise<OrganisationPublication> {
    return this.#ask('POST', '/look', wanted);
  }

  follow(wanted: FollowOrganisation): Promise<OrganisationPage> {
    return this.#ask('PUT', '/source', wanted);
  }

  refresh(): Promise<OrganisationPage> {
    return this.#ask('POST', '/refresh', {});
  }

  forget(): Promise<OrganisationPage> {
    return this.#ask('DELETE', '/source');
  }

  #ask<T>(method: LocalCall['method'], place: string, body?: object): Promise<T> {
    const path = `/v1/organisation${place}`;
    const call = { socket: this.#socket, method, path, timeoutMs: LOOK_MS };
    return callLocal<T>(body === undefined ? call : { ...call, body });
  }
}
