import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';

/** What a client of TLS sends first, as Node's own does. */
export async function helloFor(servername?: string): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = connect({ socket: near, ...(servername === undefined ? {} : { servername }) });
  client.on('error', () => {});
  const [first] = (await once(far, 'data')) as [Buffer];
  client.destroy();
  far.destroy();
  return first;
}
