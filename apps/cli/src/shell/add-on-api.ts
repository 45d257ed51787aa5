import type {
  AddOnPackageAsked,
  AddOnPackageReview,
  InstalledAddOnDetail,
  InstalledAddOnsPage,
} from '@ioi/protocol';
import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** Skills and extensions that are installed at the node. */
export class AddOnApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  review(body: AddOnPackageAsked): Promise<AddOnPackageReview> {
    return callLocal({ socket: this.#socket, method: 'POST', path: '/v1/add-on-packages', body });
  }

  list(): Promise<InstalledAddOnsPage> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/v1/add-ons' });
  }

  detail(name: string): Promise<InstalledAddOnDetail> {
    const path = `/v1/add-ons/${encodeURIComponent(name)}`;
    return callLocal({ socket: this.#socket, method: 'GET', path });
  }

  /** Offers what is installed now, and nothing that is not. */
  async reload(): Promise<void> {
    await callLocal({ socket: this.#socket, method: 'POST', path: '/v1/mcp/reload', body: {} });
  }
}
