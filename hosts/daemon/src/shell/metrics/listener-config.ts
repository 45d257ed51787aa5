/** Where a Prometheus server on this machine reads how the node is. */
export type MetricsConfig = { readonly port: number; readonly host?: string };

const FIELDS = ['port', 'host'];
const LOOPBACK = ['127.0.0.1', '::1'];

/** What is wrong with `/metrics` of node.json, as the rest of a pointer; undefined: nothing. */
export function wrongInMetrics(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return ' must be an object';
  const unknown = Object.keys(given).find((key) => !FIELDS.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${FIELDS.join(', ')}`;
  const { port, host = LOOPBACK[0] } = given as Record<string, unknown>;
  if (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535) {
    return '/port must be a whole number up to 65535';
  }
  if (typeof host === 'string' && LOOPBACK.includes(host)) return undefined;
  return `/host must be ${LOOPBACK.join(' or ')}: everybody who reaches it is told`;
}
