import { until } from '@ioi/basis/testing';
import type { Replica, ReplicaKit } from './replica-kit.ts';

/** What clients of a replica were told, while the writer behind it died again and again. */
export type Brought = {
  readonly acknowledged: ReadonlySet<string>;
  /** Of every answer that was no acknowledgement. */
  readonly codes: ReadonlySet<string>;
};

const OPERATIONS = '/v1/domains/market.example/operations';
const CLIENTS = 4;
/** Operations that are answered between two deaths. */
const BETWEEN = 12;

/**
 * Clients that bring one note after another, each under one operation id until it is acknowledged.
 * The writer dies in between: it seals, and what it was to answer is lost with its connections.
 */
export async function bringThroughDeaths(
  kit: ReplicaKit,
  replica: Replica,
  deaths: number,
  onDeath: (done: number) => void = () => {},
): Promise<Brought> {
  const acknowledged = new Set<string>();
  const codes = new Set<string>();
  let isOver = false;
  const client = async (name: number): Promise<void> => {
    for (let at = 0; !isOver; at += 1) {
      const id = `note_${name}_${at}`;
      const body = kit.signed(id);
      await until(`${id} is acknowledged`, async () => {
        const { status, body: said } = await replica.ask('POST', OPERATIONS, body);
        if (status === 201 || said['code'] === 'operation.duplicate') acknowledged.add(id);
        else codes.add(String(said['code']));
        return acknowledged.has(id);
      });
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  clients.catch(() => {});
  const { port = 0 } = kit.listener ?? {};
  for (let done = 1; done <= deaths; done += 1) {
    kit.diesAfter = BETWEEN;
    await Promise.race([until('it died', () => kit.diesAfter < 0), clients]);
    kit.listener?.close();
    kit.diesAfter = Number.POSITIVE_INFINITY;
    await kit.listen(port);
    onDeath(done);
  }
  isOver = true;
  await clients;
  return { acknowledged, codes };
}
