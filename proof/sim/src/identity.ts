import { noteKeysOf } from '@ioi/crypto';
import { generateHybridKey, type HybridKey } from '@ioi/crypto/shell';
import {
  type LogName,
  logNameOf,
  manifestOf,
  nodeDomainOf,
  nodeIdOf,
  nodeModules,
  originOf,
} from '@ioi/law';
import type { Genesis } from '@ioi/protocol';
import type { Chance } from './chance.ts';

const DOMAINS = ['agentgres://domain/alpha', 'agentgres://domain/beta'] as const;

/** Keys and names of the simulated node; they follow from the seed. */
export class Identity {
  readonly owner: HybridKey;
  readonly guardian: HybridKey;
  /** Speaks in the domains, beside the channel. */
  readonly speaker: HybridKey;
  readonly genesis: Genesis;
  readonly nodeDomain: string;
  /** Domains of objects that the node keeps. */
  readonly domains: readonly string[] = DOMAINS;

  constructor(chance: Chance) {
    const made = (): HybridKey =>
      generateHybridKey({ ed25519: chance.bytes(32), mlDsa44: chance.bytes(32) });
    [this.owner, this.guardian, this.speaker] = [made(), made(), made()];
    const [owner_key, guardian_key] = [this.owner.publicKey, this.guardian.publicKey];
    const node_id = nodeIdOf(owner_key, guardian_key);
    const modules = manifestOf(nodeModules());
    const origin = originOf(node_id);
    this.genesis = { node_id, demo: false, owner_key, guardian_key, origin, epoch: '0', modules };
    this.nodeDomain = nodeDomainOf(node_id);
  }

  /** Every log of the node, its own first. */
  get logs(): readonly string[] {
    return [this.nodeDomain, ...this.domains];
  }

  logName(domain: string): LogName {
    const { node_id } = this.genesis;
    return logNameOf(domain === this.nodeDomain ? { node_id } : { node_id, domain_id: domain });
  }

  originOf(domain: string): string {
    return this.logName(domain).origin;
  }

  /** The guardian's Ed25519 key under the name of a log. */
  noteKeys(domain: string) {
    const pair = noteKeysOf(this.guardian.publicKey, this.originOf(domain));
    if (!pair.ok) throw new Error(pair.error.message);
    return [pair.value.ed25519];
  }
}
