import { encodeUtf8 } from '@ioi/basis';
import { verifierRegistry } from '@ioi/crypto';
import type { HybridKey } from '@ioi/crypto/shell';
import {
  effective,
  Guardian,
  GuardianStore,
  HeadFolding,
  SealKeys,
  SealStore,
  signChange,
} from '@ioi/guardian/shell';
import {
  CommitCutter,
  domainModules,
  holdEpoch,
  nodeModules,
  parseEntry,
  type SealedText,
} from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type { ChangeEpoch } from '@ioi/protocol';
import type { SimDisk } from '../sim-disk.ts';
import type { SimProcess } from '../sim-process.ts';
import type { ClusterWorld } from './world.ts';

/** What a member keeps of a place it has, across its own crashes. */
export type Kept = {
  readonly term: number;
  readonly seal: HybridKey;
  readonly change?: ChangeEpoch;
};

/** The guardian of a place, over what is on the member's disk. */
export function startGuardian(
  world: ClusterWorld,
  { disk, process }: { readonly disk: SimDisk; readonly process: SimProcess },
  { term, seal, change }: Kept,
): Guardian {
  const { openDatabase } = disk.files(process);
  const reading = () => ({ monotonic: BigInt(world.schedule.now), wall: world.wall() });
  return new Guardian({
    store: new GuardianStore(`term-${term}.db`, openDatabase),
    sealKeys: new SealKeys(seal),
    genesis: world.genesis,
    ...(change === undefined ? {} : { changes: { [world.nodeDomain]: change } }),
    modules: nodeModules(),
    domains: {
      modules: domainModules(),
      openStore: (name) => SealStore.open(`${term}-${name}.db`, openDatabase),
    },
    readClock: reading,
    sources: {
      newOperationId: () => world.newOperationId(),
      newNonce: () => BigInt(world.chance.below(2 ** 32)),
      aside: { verify: () => Promise.resolve([]) },
    },
  });
}

/** As whoever takes over folds it from the store, into an empty store of seals. */
export function foldTaken(
  world: ClusterWorld,
  { disk, process }: { readonly disk: SimDisk; readonly process: SimProcess },
  { term, member, texts, note }: { term: number; member: string; texts: string[]; note: string },
): Kept {
  const store = new GuardianStore(`term-${term}.db`, disk.files(process).openDatabase);
  const folding = new HeadFolding(store.seals, nodeModules(), (message) => new Error(message));
  const cutter = new CommitCutter<SealedText>();
  const entries = texts.map((text) => folding.given(parseEntry(encodeUtf8(text))));
  const commits = entries.flatMap((entry) => folding.given(cutter.take(entry)));
  for (const commit of [...commits, ...folding.given(cutter.finish())]) {
    folding.take(effective(commit), () => undefined);
  }
  const { frontier } = Frontier.empty.extend(entries.map(({ leaf }) => leaf));
  const { node } = folding.finish(note, frontier, entries.at(-1));
  store.close();
  const seal = world.newKey();
  const key = world.memberKeys.get(member) as HybridKey;
  const change = signChange(key, {
    log: node,
    reason: 'succession',
    predecessor: { size: String(texts.length), note },
    guardianKey: seal.publicKey,
    succession: world.grant,
  });
  const held = holdEpoch(change, node, verifierRegistry());
  if (!held.ok) world.violate(`${member} may not take over: ${held.error.code}`);
  return { term, seal, change };
}
