import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { err, ok, type Result } from '@ioi/basis';
import { deviceOrigin, type PagePlace, pagePlaceOf, type Refusal } from '@ioi/guardian';
import type { DeviceDesk, OwnerLock } from '@ioi/guardian/shell';
import {
  dropListener,
  endOfCertificate,
  type Listener,
  type ListenerAsked,
  listenerOf,
  readListener,
  saveListener,
} from './listener-file.ts';

/** What the guardian has the supervisor do, which alone can listen, here or at a relay. */
export type DoorAsk =
  | { readonly kind: 'listen'; readonly port: number; readonly address?: string }
  | { readonly kind: 'listen'; readonly port: number; readonly relay: true; readonly name: string }
  | { readonly kind: 'close' }
  | { readonly kind: 'relay' };
export type DoorAnswer = {
  readonly code?: string;
  readonly message?: string;
  /** How the supervisor fares there, in its own words. */
  readonly relay?: object;
};

export type DeviceListenerOptions = {
  readonly folder: string;
  readonly lock: OwnerLock;
  readonly devices: DeviceDesk;
  readonly ask: (ask: DoorAsk) => Promise<unknown>;
  /** Serves the page there, under this certificate. */
  readonly serve: (place: PagePlace, tls: Pick<Listener, 'cert' | 'key'>) => Server;
};

export type ListenerStatus = {
  readonly open: boolean;
  readonly url?: string;
  readonly address?: string;
  readonly certificate_until?: string;
  readonly relay?: object;
  /** Why nobody gets through, where the owner opened it. */
  readonly problem?: Refusal;
};

/**
 * The door for other devices: opened and closed by the owner's passphrase, closed unless it was.
 * The supervisor listens and copies bytes; TLS ends here, so it sees nothing but ciphertext.
 */
export class DeviceListener {
  readonly #options: DeviceListenerOptions;
  #listener: Listener | undefined;
  #server: Server | undefined;
  readonly #connections = new Set<Duplex>();
  #problem: Refusal | undefined;

  constructor(options: DeviceListenerOptions) {
    this.#options = options;
  }

  /** As it was when the guardian ended. */
  async resume(): Promise<void> {
    const listener = readListener(this.#options.folder);
    if (listener === undefined) return;
    const opened = await this.#listen(listener);
    this.#listener = listener;
    this.#problem = opened.ok ? undefined : opened.error;
  }

  /** One connection that the supervisor accepted. */
  accept(connection: Duplex): void {
    if (this.#server === undefined) return void connection.destroy();
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    this.#server.emit('connection', connection);
  }

  async open(asked: ListenerAsked, passphrase: string): Promise<Result<ListenerStatus, Refusal>> {
    const key = await this.#options.lock.open(passphrase);
    if (!key.ok) return key;
    const listener = listenerOf(asked);
    if (!listener.ok) return listener;
    await this.#close();
    const opened = await this.#listen(listener.value);
    if (!opened.ok) return opened;
    saveListener(this.#options.folder, listener.value);
    this.#listener = listener.value;
    return ok(await this.status());
  }

  /** Closing takes nobody's word: it gives nothing to anybody. */
  async stop(): Promise<ListenerStatus> {
    dropListener(this.#options.folder);
    await this.#close();
    return this.status();
  }

  async status(): Promise<ListenerStatus> {
    const listener = this.#listener;
    if (listener === undefined) return { open: false };
    const { relay } = listener.relay ? await this.#tell({ kind: 'relay' }) : {};
    const { address, name, port } = listener;
    const origin = deviceOrigin(name, port);
    return {
      open: this.#problem === undefined,
      ...(origin.ok ? { url: origin.value } : {}),
      ...(address === undefined ? {} : { address }),
      ...(relay === undefined ? {} : { relay }),
      certificate_until: endOfCertificate(listener),
      ...(this.#problem ? { problem: this.#problem } : {}),
    };
  }

  async #listen(listener: Listener): Promise<Result<void, Refusal>> {
    const { devices, serve } = this.#options;
    const { name, port, address } = listener;
    const origin = deviceOrigin(name, port);
    if (!origin.ok) return origin;
    const place = pagePlaceOf(origin.value);
    const on = address === undefined ? {} : { address };
    const where = listener.relay ? ({ relay: true, name } as const) : on;
    const answer = await this.#tell({ kind: 'listen', port, ...where });
    if (answer.code !== undefined) {
      return err({ code: answer.code, message: answer.message ?? 'nobody listens' });
    }
    this.#server = serve(place, listener);
    devices.open(place);
    return ok(undefined);
  }

  async #close(): Promise<void> {
    this.#options.devices.close();
    // Those that are kept alive would go on: the server does not know them by their streams.
    for (const connection of this.#connections) connection.destroy();
    this.#server?.close();
    this.#server = undefined;
    this.#listener = undefined;
    this.#problem = undefined;
    await this.#tell({ kind: 'close' });
  }

  #tell(ask: DoorAsk): Promise<DoorAnswer> {
    const gone = ({ message }: Error): DoorAnswer => ({ code: 'pipe.closed', message });
    return this.#options.ask(ask).then((answer) => Object(answer) as DoorAnswer, gone);
  }
}
