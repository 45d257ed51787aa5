/** Where executors connect, over mutual TLS. */
export type ExecutionConfig = {
  readonly port: number;
  /** Loopback unless told. */
  readonly host?: string;
  /** How long a lease lasts that is not renewed; a minute unless told. */
  readonly lease_ms?: number;
};

const FIELDS = ['port', 'host', 'lease_ms'];
const LEAST_MS = 1000;
const MOST_MS = 3_600_000;

/** What is wrong with `/execution` of node.json, as the rest of a pointer; undefined: nothing. */
export function wrongInExecution(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return ' must be an object';
  const unknown = Object.keys(given).find((key) => !FIELDS.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${FIELDS.join(', ')}`;
  const { port, host = '127.0.0.1', lease_ms: lease = LEAST_MS } = given as Record<string, unknown>;
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    return '/port must be a whole number from 1 to 65535';
  }
  if (typeof host !== 'string' || !/^[A-Za-z0-9.:-]{1,253}$/.test(host)) {
    return '/host must be a name or an address';
  }
  if (Number.isInteger(lease) && Number(lease) >= LEAST_MS && Number(lease) <= MOST_MS) {
    return undefined;
  }
  return `/lease_ms must be a whole number from ${LEAST_MS} to ${MOST_MS}`;
}
