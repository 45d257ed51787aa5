import { openPortDoor } from '@ioi/drivers/shell';
import type { HeldRun } from './ask-node.ts';
import { PortKeeper } from './port-keeper.ts';
import type { RunRequest } from './run-request.ts';

/** What listens in it is found outside as far as the node says so. */
export function portsOf({ ports }: RunRequest, run: HeldRun) {
  if (ports.length === 0) return { socket: undefined, close: () => {} };
  const door = openPortDoor((listening) => keeper.listens(listening));
  const keeper = new PortKeeper(ports, {
    hold: (port) => door.open(port),
    ask: (port) => run.port(port),
    say: (line) => console.error(`ioi: ${line}`),
  });
  const close = (): void => {
    keeper.close();
    door.close();
  };
  return { socket: door.socket, close };
}
