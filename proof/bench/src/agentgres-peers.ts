import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { Client } from 'pg';

const CLIENTS = 16;
const TEXT = JSON.stringify({ text: 'x'.repeat(480) });

/**
 * What rivals build on, with none of our proofs: one row an insert into a table with a sequence,
 * each committed on its own. Rows a second, or undefined without a server.
 */
export async function insertPlainly(count: number, writers: number): Promise<number | undefined> {
  if (whyNoPostgres() !== undefined) return undefined;
  const server = await PostgresServer.start();
  const clients = Array.from({ length: CLIENTS }, () => new Client(server.url()));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    await clients[0]?.query('CREATE TABLE plain (seq bigserial PRIMARY KEY, text text NOT NULL)');
    let left = Math.min(count, 20_000);
    const wanted = left;
    const start = performance.now();
    const one = async (_: unknown, at: number): Promise<void> => {
      const client = clients[at % CLIENTS];
      while (left > 0) {
        left -= 1;
        const insert = {
          name: 'put',
          text: 'INSERT INTO plain (text) VALUES ($1)',
          values: [TEXT],
        };
        await client?.query(insert);
      }
    };
    await Promise.all(Array.from({ length: writers }, one));
    return wanted / ((performance.now() - start) / 1000);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await server.remove();
  }
}
