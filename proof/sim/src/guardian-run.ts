import { Guardian, GuardianStore, SealKeys, SealStore } from '@ioi/guardian/shell';
import { domainModules, nodeModules } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** A guardian's process, from its start to its end. */
export type GuardianRun = { readonly process: SimProcess; readonly guardian: Guardian };

/** Throws what its disk throws: then there is no guardian. */
export function startGuardian(world: World, name: string): GuardianRun {
  const { identity, guardianDisk, chance, schedule, settings } = world;
  const process = new SimProcess(name);
  const { openDatabase } = guardianDisk.files(process);
  try {
    const store = new GuardianStore('guardian.db', openDatabase);
    const openStore = (domain: string) => SealStore.open(`${domain}.db`, openDatabase);
    const guardian = new Guardian({
      store,
      sealKeys: new WatchedKeys(world),
      genesis: identity.genesis,
      modules: nodeModules(),
      domains: { modules: domainModules(), openStore },
      readClock: () => ({ monotonic: world.monotonic(), wall: world.wall() }),
      sources: {
        newOperationId: () => world.newOperationId(),
        newNonce: () => BigInt(chance.below(2 ** 32)),
        // Nothing is found out ahead, at its own pace: the registry is asked, in its turn.
        aside: {
          verify: () =>
            new Promise((resolve) => schedule.within(settings.slowness, () => resolve([]))),
        },
      },
    });
    return { process, guardian };
  } catch (fault) {
    process.end();
    throw fault;
  }
}

/** Tells the world of every signature. */
class WatchedKeys extends SealKeys {
  readonly #world: World;
  readonly #domains: ReadonlyMap<string, string>;

  constructor(world: World) {
    super(world.identity.guardian);
    const { identity } = world;
    this.#world = world;
    this.#domains = new Map(identity.logs.map((domain) => [identity.originOf(domain), domain]));
  }

  override signCheckpoint(frontier: Frontier, origin: string): string {
    this.#world.signed(this.#domains.get(origin) ?? origin, frontier);
    return super.signCheckpoint(frontier, origin);
  }
}
