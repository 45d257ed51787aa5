import { mkdirSync } from 'node:fs';
import { whenLeft } from '@ioi/basis/shell';
import { type RelayAddress, relayAddressIn } from '@ioi/law';
import { Register, type RegisterError } from './register.ts';
import { Relay } from './relay.ts';

const EXIT_USAGE = 2;

export type ServeOptions = {
  readonly folder: string;
  /** `host:port`; port 0 is any that is free. */
  readonly listen: string;
  /** As nodes and approvers reach it; where it listens unless told. */
  readonly address: string | undefined;
};

/** Composition root of the relay's process. Ready when it says where it listens. */
export async function startRelay({ folder, listen, address }: ServeOptions): Promise<void> {
  const place = placeIn(listen);
  if (place === undefined) return end(badAddress(listen));
  if (address !== undefined && !relayAddressIn(address)) return end(badAddress(address));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const say = (event: object): void => console.error(JSON.stringify(event));
  const on = address === undefined ? {} : { address };
  const relay = new Relay({ ...on, register: new Register(folder), say });
  console.log(JSON.stringify(await relay.listen(place)));
  process.once('SIGTERM', () => relay.close());
  process.once('SIGINT', () => relay.close());
  whenLeft(() => relay.close());
}

/** Says why on the last line of standard error, for whoever started it. */
export function end({ code, message }: RegisterError): void {
  console.error(JSON.stringify({ code, message }));
  process.exitCode = EXIT_USAGE;
}

function placeIn(text: string): RelayAddress | undefined {
  const any = text.endsWith(':0') ? relayAddressIn(`${text.slice(0, -1)}1`) : undefined;
  return any === undefined ? relayAddressIn(text) : { host: any.host, port: 0 };
}

function badAddress(text: string): RegisterError {
  return { code: 'relay.bad_address', message: `${text} is not HOST:PORT` };
}
