import { SqliteStore } from '@ioi/agentgres/shell';
import { canonicalJson } from '@ioi/canon';
import { domainNameOf, type HeadText, headName } from '@ioi/law';
import type { HeadKey } from '@ioi/protocol';
import { NO_FAULTS } from './disk-faults.ts';
import { Broken, type Replay } from './replay.ts';
import { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

export type SealedAt = { readonly size: number; readonly root: string };

/** Reads a domain from the writer's disk as it is now and holds it to everything promised. */
export function inspect(world: World, domain: string, { size, root }: SealedAt): void {
  const { writerDisk, trace } = world;
  const inspector = new SimProcess('inspector');
  const { rates } = writerDisk.faults;
  writerDisk.faults.rates = NO_FAULTS;
  const files = writerDisk.files(inspector);
  const store = new SqliteStore(domainNameOf(domain), { readOnly: true, files });
  world.hold(() => look(world, store, domain, { size, root }));
  trace.count('inspect.domain');
  inspector.end();
  writerDisk.faults.rates = rates;
}

function look(world: World, store: SqliteStore, domain: string, { size, root }: SealedAt): void {
  const { oracle, trace } = world;
  try {
    const texts = store.entries(0n, BigInt(size)).map((entry) => entry.text);
    if (texts.length < size) throw new Error(`${texts.length} entries, ${size} were sealed`);
    oracle.sealed(domain, texts, root);
    const replay = oracle.replay(domain);
    if (store.watermark().size === replay.size) compareHeads(allHeads(store), replay);
    else trace.count('inspect.heads lag');
  } catch (fault) {
    if (fault instanceof Broken) throw fault;
    world.fault('an inspector', fault);
  }
}

const PAGE = 50;

function allHeads(store: SqliteStore): HeadText[] {
  const heads: HeadText[] = [];
  let after: HeadKey | undefined;
  for (;;) {
    const page = store.headsAfter(after, PAGE);
    heads.push(...page);
    after = page.at(-1);
    if (after === undefined) return heads;
  }
}

/** Every head, its value, and when it changed last. */
function compareHeads(heads: readonly HeadText[], replay: Replay): void {
  for (const head of heads) {
    const wanted = canonicalJson(replay.heads.get(head));
    const changed = replay.heads.changedAt(head.headClass, head.id);
    if (!wanted.ok || wanted.value !== head.value || Number(changed) !== head.seq) {
      throw new Broken(`${headName(head)} is not what replay says at ${replay.size}`);
    }
  }
  if (heads.length !== replay.names.size) {
    throw new Broken(`${heads.length} heads, ${replay.names.size} by replay at ${replay.size}`);
  }
}
