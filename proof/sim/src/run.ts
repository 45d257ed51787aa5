import { Clients } from './clients.ts';
import { Mishaps } from './mishaps.ts';
import { SimNode } from './sim-node.ts';
import { SOUND, type Variant } from './variants.ts';
import { faultInExport } from './verify-export.ts';
import { type BrokenRule, World } from './world.ts';

export type SimOptions = {
  readonly seed: number;
  /** Acts of the world: what clients say and read, and what goes wrong. */
  readonly steps?: number;
  readonly variant?: Variant;
};

export type SimReport = {
  readonly seed: number;
  readonly steps: number;
  /** Of everything that happened, in order. */
  readonly digest: string;
  readonly events: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Undefined when every rule held. */
  readonly broken?: BrokenRule & { readonly step: number; readonly trace: string[] };
};

export const STEPS = 120;

/** How often things happen, by weight. */
const WEIGHTS = {
  say: 60,
  repeat: 8,
  read: 12,
  crashWriters: 2,
  crashGuardian: 2,
  crashBoth: 2,
  closeWriters: 2,
  cutChannel: 1,
  race: 1,
  jump: 2,
  backUp: 2,
  rollBackGuardian: 1,
  rollBackLog: 1,
  flipBit: 1,
  rest: 4,
} as const;

type Act = keyof typeof WEIGHTS;

/** One life of a node, made by its seed; the same seed makes the same life. */
export async function runSimulation(options: SimOptions): Promise<SimReport> {
  const { seed, steps = STEPS, variant = SOUND } = options;
  const world = new World(seed, variant);
  const node = new SimNode(world);
  const clients = new Clients(world, node);
  const cast = { world, node, clients, mishaps: new Mishaps(world, node, clients) };
  node.reviveSoon();
  await world.schedule.quiet(1_000);
  await clients.begin();
  world.unleash();
  let step = 0;
  for (; step < steps && world.broken === undefined; step += 1) {
    const act = world.chance.weighted(WEIGHTS);
    world.trace.count(`act.${act}`);
    await acts[act](cast);
    for (let left = world.chance.below(world.settings.calm); left > 0; left -= 1) {
      await world.schedule.step();
    }
  }
  if (world.broken === undefined) await settle(cast);
  const { trace } = world;
  const { broken } = world;
  return {
    seed,
    steps,
    digest: trace.digest(),
    events: trace.lines,
    counts: trace.counts,
    ...(broken === undefined ? {} : { broken: { ...broken, step, trace: [...trace.last] } }),
  };
}

type Cast = {
  readonly world: World;
  readonly node: SimNode;
  readonly clients: Clients;
  readonly mishaps: Mishaps;
};

const acts: Readonly<Record<Act, (cast: Cast) => void | Promise<void>>> = {
  say: ({ clients }) => clients.say(),
  repeat: ({ clients }) => clients.repeat(),
  read: ({ clients }) => clients.read(),
  crashWriters: ({ world, node }) => node.crashWriters(world.chance.oneIn(2)),
  crashGuardian: ({ world, node }) => node.crashGuardian(world.chance.oneIn(2)),
  crashBoth: ({ world, node }) => {
    const losesPower = world.chance.oneIn(2);
    node.crashWriters(losesPower);
    node.crashGuardian(losesPower);
  },
  closeWriters: ({ node }) => node.closeWriters(),
  cutChannel: ({ node }) => node.writers[0]?.link.cut(),
  race: ({ node }) => node.race(),
  jump: ({ world }) => jump(world),
  backUp: ({ mishaps }) => mishaps.backUp(),
  rollBackGuardian: ({ mishaps }) => mishaps.rollBackGuardian(),
  rollBackLog: ({ mishaps }) => mishaps.rollBackLog(),
  flipBit: ({ mishaps }) => mishaps.flipBit(),
  rest: () => {},
};

/** The clock is set, or the machine slept. */
function jump({ chance, jumps, trace }: World): void {
  const ms = chance.pick([1_000, 5_000, 3_600_000]);
  if (chance.oneIn(4)) jumps.monotonic += ms;
  else jumps.wall += chance.oneIn(2) ? ms : -ms;
  trace.note('fault', `clocks jump to ${jumps.monotonic}, ${jumps.wall}`);
}

/** Everything ends once more, nothing fails any more: all that was promised must be there. */
async function settle({ world, node, clients }: Cast): Promise<void> {
  world.calm();
  node.crashWriters(true);
  node.crashGuardian(true);
  const isQuiet = await world.schedule.quiet(5_000);
  if (!isQuiet) world.violate('the node does not come to rest');
  const silent = world.broken === undefined ? await clients.mayStillSpeak() : undefined;
  if (silent !== undefined) world.violate(silent);
  const [run] = node.writers;
  if (run === undefined || world.broken !== undefined) return;
  for (const domain of world.identity.logs) node.inspect(run, domain);
  const status = run.guardian.guardian.status();
  const note = status.ok ? (status.value.seal?.note ?? '') : '';
  const fault = await faultInExport(world, note);
  if (fault !== undefined) world.violate(`the verifier refuses the export: ${fault}`);
}
