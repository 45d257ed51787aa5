// What of a node a fleet of simulated ones is made of, to measure the servers they share.
export { writeCursor } from './audit/cursor.ts';
export { httpReceiver } from './audit/http-receiver.ts';
export { AuditStream } from './audit/stream.ts';
export { jsonLines } from './core/audit/outgoing.ts';
export { homeAt } from './shell/home.ts';
export { RelayLink } from './up/relay-link.ts';
