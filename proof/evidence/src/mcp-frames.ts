import { seededRandom } from '@ioi/basis';
import type { Era } from '@ioi/kit';
import { type Evidence, type Progress, sumOf } from './evidence.ts';
import { framesFromUpstream } from './frames/from-upstream.ts';
import { framesToHttp } from './frames/to-http.ts';
import { framesToStdio } from './frames/to-stdio.ts';
import { type Upstream, World } from './frames/world.ts';

/** Where wrong frames come in: from clients, or from servers. */
export const SURFACES = [
  'client_stdio',
  'client_http_stateful',
  'client_http_stateless',
  'upstream_stdio',
  'upstream_http',
] as const;
export type Surface = (typeof SURFACES)[number];

export type FramesOptions = {
  /** On each surface. */
  readonly frames: number;
  readonly seed: number;
  readonly surfaces?: readonly Surface[];
  readonly onProgress?: Progress | undefined;
};

/** A log is read back whole, so a node takes no more than this. */
const FRAMES_A_NODE = 10_000;
/** Ahead of one answer; over HTTP what follows the first answer may go unread. */
const NOISE = { upstream_stdio: 100, upstream_http: 20 };

/** Wrong frames on every transport: nothing ends, and nothing happens that is not receipted. */
export async function runMcpFrames(options: FramesOptions): Promise<Evidence> {
  const { frames, seed, surfaces = SURFACES, onProgress = () => {} } = options;
  const parts: Evidence[] = [];
  let largest = 0;
  for (const surface of surfaces) {
    for (let done = 0; done < frames; done += FRAMES_A_NODE) {
      const size = Math.min(FRAMES_A_NODE, frames - done);
      const life = await oneLife(surface, size, seed + done);
      largest = Math.max(largest, life.memory[1] - life.memory[0]);
      parts.push(life);
      onProgress(done + size, frames, describe(surface, life), life.findings);
    }
  }
  const { findings, counts } = sumOf(parts);
  return { findings, counts: { ...counts, most_grown_mb: Math.round(largest / 2 ** 20) } };
}

type Life = Evidence & { readonly memory: readonly [number, number] };

async function oneLife(surface: Surface, frames: number, seed: number): Promise<Life> {
  const world = await World.open(upstreamOf(surface, seed));
  const noticed = await torment(world, surface, { frames, seed });
  const memory = world.memory();
  const { findings, counts } = await world.close();
  const told = findings.concat(noticed).map((each) => `${surface}, seed ${seed}: ${each}`);
  return { findings: told, counts: { [surface]: frames, ...counts }, memory };
}

function torment(
  world: World,
  surface: Surface,
  { frames, seed }: { readonly frames: number; readonly seed: number },
): Promise<string[]> {
  const random = seededRandom(seed);
  switch (surface) {
    case 'client_stdio':
      return framesToStdio(world.node, frames, random);
    case 'client_http_stateful':
      return overHttp(world, { frames, era: 'stateful' }, seed);
    case 'client_http_stateless':
      return overHttp(world, { frames, era: 'stateless' }, seed);
    default:
      return framesFromUpstream(world, frames);
  }
}

async function overHttp(world: World, run: { frames: number; era: Era }, seed: number) {
  return framesToHttp(await world.node.mcpUrl(), run, seededRandom(seed));
}

/** Seeds take turns between the eras of servers. */
function upstreamOf(surface: Surface, seed: number): Upstream {
  if (surface !== 'upstream_stdio' && surface !== 'upstream_http') {
    return { transport: 'stdio', era: 'stateful', noise: 0, seed };
  }
  const transport = surface === 'upstream_http' ? 'http' : 'stdio';
  const era = (seed / FRAMES_A_NODE) % 2 >= 1 ? 'stateless' : 'stateful';
  return { transport, era, noise: NOISE[surface], seed };
}

function describe(surface: Surface, { memory, counts }: Life): string {
  const [before, after] = memory.map((bytes) => Math.round(bytes / 2 ** 20));
  return `${surface}: ${before} MB, then ${after}; ${JSON.stringify(counts)}`;
}
