import type { StateProver } from '@ioi/agentgres';
import { verifierRegistry } from '@ioi/crypto';
import type { OpenNode } from '../open-node.ts';
import { Projections } from './projections.ts';
import type { ReadOptions } from './read-routes.ts';
import { SessionGuard } from './session-guard.ts';
import { Subscribers } from './subscribers.ts';

export type StartReads = {
  readonly node: OpenNode;
  /** The data folder. */
  readonly folder: string;
  readonly prover: StateProver | undefined;
  readonly log: (message: string, about: object) => void;
};

export type Reads = ReadOptions & { close(): Promise<void> };

/** Projections, kept at what is sealed, and whoever reads them. */
export function startReads({ node, folder, prover, log }: StartReads): Reads {
  const { reader } = node;
  const domain = node.status.domain_id;
  const projections = new Projections(
    { folder, domain },
    { onTold: (deliveries) => subscribers.tell(deliveries), log },
  );
  const subscribers = new Subscribers((subscriber) => projections.leave(subscriber));
  node.takeSealed((size, note) => projections.sealed(size, note));
  const chainTime = (): bigint => {
    const sealed = reader.entry(reader.size - 1)?.chain_time ?? '0';
    const [one, other] = [BigInt(sealed), BigInt(Date.now())];
    return one > other ? one : other;
  };
  const guard = new SessionGuard({ domain, view: reader, registry: verifierRegistry(), chainTime });
  const committedSize = (): number => reader.size;
  const close = async (): Promise<void> => {
    subscribers.close();
    await projections.close();
  };
  return { projections, committedSize, prover, guard, subscribers, close };
}
