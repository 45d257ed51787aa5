import { fileURLToPath } from 'node:url';
import { codeFolder } from './shown.ts';
import { openWayOut } from './way-out.ts';

/** How a program in a sandbox gets to the hosts it may reach. */
export type Relayed = {
  /** What it is shown for that. */
  readonly beside: readonly string[];
  /** What it is started by. */
  readonly before: readonly string[];
  readonly close: () => void;
};

const RELAY = fileURLToPath(new URL('./relay.ts', import.meta.url));
const NO_WAY: Relayed = { beside: [], before: [], close: () => {} };

/** A port inside at which a socket is found, by its name inside. */
export type Forward = { readonly port: number; readonly socket: string };

/** To a way out that is there already, and a way in: sockets, by their names inside. */
export function relayedTo(
  socket: string | undefined,
  forward?: Forward,
  ports?: string,
): Omit<Relayed, 'close'> {
  if (socket === undefined && forward === undefined && ports === undefined) return NO_WAY;
  const port = forward === undefined ? '-' : `${forward.port}=${forward.socket}`;
  const words = [RELAY, socket ?? '-', port, ports ?? '-'];
  return {
    beside: [codeFolder(process.execPath), codeFolder(RELAY)],
    before: [process.execPath, '--disable-warning=ExperimentalWarning', ...words],
  };
}

export function relayed(hosts: readonly string[]): Relayed {
  if (hosts.length === 0) return NO_WAY;
  const { folder, socket, close } = openWayOut(hosts);
  const { beside, before } = relayedTo(socket);
  return { beside: [folder, ...beside], before, close };
}
