import { type Evidence, type Progress, sumOf } from './evidence.ts';
import { type FaultOptions, runFaults } from './faults.ts';
import { Homes } from './homes.ts';
import { runKills } from './kills.ts';
import { runSeeds } from './seeds.ts';

export type AgentgresOptions = FaultOptions & {
  readonly kills: number;
  readonly seeds: number;
  readonly onProgress?: Progress;
};

/**
 * Nothing acknowledged is lost and no log forks: under kill -9 of writer and guardian, when one
 * call that changes a file fails, and in a simulated node where all else goes wrong.
 */
export function runAgentgres(options: AgentgresOptions): Promise<Evidence> {
  return inHomes(async (homes, onProgress) => {
    const parts = [await runFaults(homes, options, onProgress)];
    parts.push(await runKills(homes, options, onProgress));
    parts.push(await runSeeds(options.seeds, onProgress));
    return sumOf(parts);
  }, options);
}

/** The faults alone. */
export function runAgentgresFaults(options: AgentgresOptions): Promise<Evidence> {
  return inHomes((homes, onProgress) => runFaults(homes, options, onProgress), options);
}

async function inHomes(
  work: (homes: Homes, onProgress: Progress) => Promise<Evidence>,
  { onProgress = () => {} }: AgentgresOptions,
): Promise<Evidence> {
  const homes = await Homes.open();
  try {
    return await work(homes, onProgress);
  } finally {
    homes.close();
  }
}
