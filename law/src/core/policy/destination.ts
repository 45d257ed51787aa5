import { parseUrl } from '@ioi/basis';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import { type AddressRange, readAddress } from './address.ts';
import { readMethod, readUrlPath } from './methods.ts';
import { readPort } from './ports.ts';

/** Where a request goes, beyond its host. What is undefined is undetermined. */
export type Destination = {
  readonly protocol: string | undefined;
  readonly port: number | undefined;
  readonly method: string | undefined;
  /** Components of the address' path. */
  readonly path: readonly string[] | undefined;
  /** The host itself where it is an address, and what its name was seen to resolve to. */
  readonly addresses: readonly AddressRange[];
  /** Whether these may not be all, or are none. */
  readonly hasUnreadAddress: boolean;
  /** Scheme, host and port in one text. */
  readonly origin: string | undefined;
};

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  ftp: 21,
  git: 9418,
  http: 80,
  https: 443,
  sftp: 22,
  ssh: 22,
  ws: 80,
  wss: 443,
};

/** `host` is the canonical one of the request. */
export function readDestination(
  { params }: ActionRequest,
  facts: ActionFacts,
  host: string | undefined,
): Destination {
  const url = typeof params['url'] === 'string' ? parseUrl(params['url']) : undefined;
  const ofUrl = url?.protocol.slice(0, -1);
  const protocol = agreed(params, 'protocol', ofUrl, readProtocol);
  const written = url && (url.port === '' ? defaultPort(ofUrl) : Number(url.port));
  const port = agreed(params, 'port', written, readPort) ?? withoutUrl(params, protocol);
  const known = protocol !== undefined && host !== undefined && port !== undefined;
  return {
    protocol,
    port,
    method: readMethod(params['method']),
    path: url && readUrlPath(url.href),
    ...readAddresses(facts, host),
    origin: known ? `${protocol}://${host}:${port}` : undefined,
  };
}

/** What the address says and what a parameter of its own says must be the same. */
function agreed<T>(
  params: ActionRequest['params'],
  name: string,
  ofUrl: T | undefined,
  read: (value: unknown) => T | undefined,
): T | undefined {
  const given = params[name];
  if (given === undefined) return ofUrl;
  const named = read(given);
  return params['url'] === undefined || named === ofUrl ? named : undefined;
}

function withoutUrl(
  params: ActionRequest['params'],
  protocol: string | undefined,
): number | undefined {
  const isSilent = params['url'] === undefined && params['port'] === undefined;
  return isSilent ? defaultPort(protocol) : undefined;
}

function defaultPort(protocol: string | undefined): number | undefined {
  const isKnown = protocol !== undefined && Object.hasOwn(DEFAULT_PORTS, protocol);
  return isKnown ? DEFAULT_PORTS[protocol] : undefined;
}

/** A scheme in lower case; undefined when it is none. */
export function readProtocol(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.toLowerCase();
  return /^[a-z][a-z0-9+.-]{0,31}$/.test(name) ? name : undefined;
}

type Addresses = Pick<Destination, 'addresses' | 'hasUnreadAddress'>;

function readAddresses(facts: ActionFacts, host: string | undefined): Addresses {
  const seen: readonly unknown[] = Array.isArray(facts.resolved_addresses)
    ? facts.resolved_addresses
    : [];
  const literal = readAddress(host);
  const resolved = seen.map(readAddress).filter((address) => address !== undefined);
  const addresses = literal === undefined ? resolved : [literal, ...resolved];
  return {
    addresses,
    hasUnreadAddress: addresses.length === 0 || resolved.length < seen.length,
  };
}
