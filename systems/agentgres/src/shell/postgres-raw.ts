import type { Duplex } from 'node:stream';
import {
  clientOf,
  connectFault,
  connectionConfig,
  type PostgresOptions,
} from './postgres-connection.ts';

/** A session whose messages somebody else writes and reads; login and encryption are done. */
export type RawSession = {
  readonly stream: Duplex;
  /** Of the server's process, to cancel what it runs. */
  readonly processId: number;
  /** What the server told of itself at the start. */
  readonly parameters: ReadonlyMap<string, string>;
};

type Told = { readonly parameterName: string; readonly parameterValue: string };

/** Throws a `store.*` fault that says what is wrong with the server or the way to it. */
export async function openRawSession(options: PostgresOptions): Promise<RawSession> {
  const client = clientOf(connectionConfig(options));
  const parameters = new Map<string, string>();
  client.on('error', () => {});
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: Told) => {
    parameters.set(parameterName, parameterValue);
  });
  try {
    await client.connect();
  } catch (cause) {
    throw connectFault(client, cause);
  }
  const { stream } = client.connection;
  // From here on nobody reads it but whoever asked for it.
  for (const name of ['data', 'error']) stream.removeAllListeners(name);
  const { processID } = client as unknown as { processID: number };
  return { stream: stream.pause(), processId: processID, parameters };
}
