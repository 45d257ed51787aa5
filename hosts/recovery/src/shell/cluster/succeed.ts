import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '@ioi/agentgres';
import { PostgresStore, type Told } from '@ioi/agentgres/postgres';
import { verifierRegistry } from '@ioi/crypto';
import type { HybridKey } from '@ioi/crypto/shell';
import type { GuardianConfig } from '@ioi/guardian';
import {
  createSealKey,
  effective,
  GuardianStore,
  HeadFolding,
  SealStore,
  signChange,
} from '@ioi/guardian/shell';
import {
  CommitCutter,
  domainModules,
  domainNameOf,
  holdEpoch,
  nodeDomainOf,
  nodeModules,
  parseEntry,
  type SealedText,
} from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type {
  ChangeEpoch,
  Genesis,
  LogEntry,
  NodeFolders,
  SharedStore,
  SuccessionGrant,
  Takeover,
} from '@ioi/protocol';
import { carryFiles, carryPackages } from '../carry.ts';
import { contentsFrom } from '../contents.ts';
import { foldersIn, makeFolder, writeDurably } from '../files.ts';
import { Refused } from '../refused.ts';
import { PLACE_FILE } from './members.ts';

/** Entries read at a time. */
const PAGE = 4096n;

type From = NodeFolders & {
  readonly store: SharedStore;
  readonly into: string;
  readonly cluster: string;
};

type Successor = {
  readonly key: HybridKey;
  readonly grant: SuccessionGrant;
  readonly place: Place;
};

/**
 * Makes the guardian that goes on with every log of a store from where its writer told last: what
 * it keeps is folded from the logs, each against its signed root. The seal key is made for this;
 * the member signs for it, in the place of the owner who granted that.
 */
export async function succeed(from: From, by: Successor, told: readonly Told[]): Promise<Takeover> {
  const to = foldersIn(from.into);
  makeFolder(to.data);
  const next = createSealKey(join(to.guardian, 'seal.key'));
  const nodeDomain = nodeDomainOf(by.grant.node_id);
  const own = told.find(({ domain }) => domain === nodeDomain);
  if (own === undefined) throw new Refused('cluster.other_node', 'its own log is not in the store');
  const guardian = new GuardianStore(join(to.guardian, 'guardian.db'));
  try {
    const changes: Record<string, ChangeEpoch> = {};
    const node = await foldShared(from.store, own, guardian.seals);
    changes[nodeDomain] = changeOf(node, own, by, next);
    for (const each of told.filter((one) => one !== own)) {
      const seals = SealStore.open(domainStore(to, each.domain));
      try {
        changes[each.domain] = changeOf(await foldShared(from.store, each, seals), each, by, next);
      } finally {
        seals.close();
      }
    }
    carryFiles(from, to, guardian);
    carryPackages(from.data, to.data);
    contentsFrom(from.data, to.data).close();
    const { demo, guardian_key: genesis_key } = node.genesis;
    const config: GuardianConfig = { demo, epoch: '0', genesis_key, epoch_changes: changes };
    for (const name of ['owner.key', 'identity.json']) {
      writeDurably(join(to.guardian, name), readFileSync(join(from.cluster, name), 'utf8'));
    }
    writeDurably(join(to.data, PLACE_FILE), JSON.stringify(by.place));
    writeDurably(join(to.guardian, 'guardian.json'), `${JSON.stringify(config)}\n`);
    const domains = Object.keys(changes);
    const epoch = changes[nodeDomain]?.epoch ?? '';
    return { node_id: by.grant.node_id, epoch, size: own.size, domains, left: [] };
  } finally {
    guardian.close();
  }
}

function domainStore({ guardian }: NodeFolders, domain: string): string {
  return join(makeFolder(join(guardian, 'domains')), `${domainNameOf(domain)}.db`);
}

type Shared = Awaited<ReturnType<typeof foldShared>>;

/** A log as it was told, folded into an empty store of seals. */
async function foldShared(store: SharedStore, told: Told, seals: SealStore) {
  const log = await PostgresStore.open(told.domain, store);
  try {
    const [first] = await log.entries(0n, 1n);
    const genesis = (JSON.parse(first?.text ?? '{}') as LogEntry).payload as Genesis;
    const isNode = told.domain === nodeDomainOf(genesis.node_id);
    const folding = new HeadFolding(seals, isNode ? nodeModules() : domainModules(), differs);
    const cutter = new CommitCutter<SealedText>();
    let frontier = Frontier.empty;
    let last: SealedText | undefined;
    const end = BigInt(told.size);
    for (let from = 0n; from < end; from += PAGE) {
      const to = from + PAGE < end ? from + PAGE : end;
      const texts = (await log.entries(from, to)).map(({ text }) => new TextEncoder().encode(text));
      const entries = texts.map((bytes) => folding.given(parseEntry(bytes)));
      frontier = frontier.extend(entries.map(({ leaf }) => leaf)).frontier;
      last = entries.at(-1);
      const commits = entries.flatMap((entry) => folding.given(cutter.take(entry)));
      if (to === end) commits.push(...folding.given(cutter.finish()));
      for (const commit of commits) {
        const counting = effective(commit);
        const payloads = new Map<string, string>();
        for (const digest of folding.needed(counting)) {
          const text = await log.payload(digest);
          if (text !== undefined) payloads.set(digest, text);
        }
        folding.take(counting, (digest) => payloads.get(digest));
      }
    }
    return { ...folding.finish(told.note, frontier, last), genesis };
  } finally {
    await log.close();
  }
}

/** Held here already: a change that nobody admits must not stop every node that starts with it. */
function changeOf(
  { node: log }: Shared,
  { size, note }: Told,
  { key, grant: succession }: Successor,
  { publicKey: guardianKey }: HybridKey,
): ChangeEpoch {
  const predecessor = { size: String(size), note };
  const about = { log, reason: 'succession' as const, predecessor, guardianKey, succession };
  const change = signChange(key, about);
  const held = holdEpoch(change, log, verifierRegistry());
  if (!held.ok) throw new Refused(held.error.code, held.error.message);
  return change;
}

function differs(message: string): Refused {
  return new Refused('cluster.log_differs', `the store is not what was signed: ${message}`);
}
