/** What says that a connection never came about, so that nothing was sent over it. */
const NEVER: readonly unknown[] = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  // Of this machine: no room for one more connection.
  ...['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'CONNECT_TIMEOUT'],
];
/** A host that goes away later gives the same codes, when the request is with it already. */
const CONNECTING: readonly unknown[] = [undefined, 'connect', 'getaddrinfo'];

/** Whether a fault of the platform, or its cause, is that nobody was ever connected to. */
export function neverConnected(fault: unknown): boolean {
  const { code, syscall } = Object(Object(fault).cause ?? fault) as Record<string, unknown>;
  return NEVER.includes(code) && CONNECTING.includes(syscall);
}
