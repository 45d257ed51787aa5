import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { canWall, Machine } from '@ioi/kit';
import { newTally, type Tally } from '../tally.ts';
import { FIRST_STEPS } from './first-steps.ts';
import { Guide } from './guide.ts';
import { LATER_STEPS } from './later-steps.ts';
import { Owner } from './owner.ts';
import { lineOf, type Step, takeSteps } from './steps.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const GUIDE = join(ROOT, 'docs/guides/first-steps.md');

export const STEPS: readonly Step<Owner>[] = [...FIRST_STEPS, ...LATER_STEPS];

/**
 * The whole life of a node, on machines that have nothing but what is carried to them. A person
 * installs from an archive, follows the guide of first steps line by line at a terminal, has an
 * agent and a worker work, exports and verifies, loses the machine, recovers from backup and
 * phrase, narrows a policy, revokes what a worker goes on with, upgrades, uninstalls.
 *
 * With bubblewrap the machines have no network and see nothing of this one but `/usr`; without it
 * an empty home is all, and the first step says so. Steps are judged by files, processes, exit
 * codes and the exported log.
 */
export async function run(): Promise<Tally> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-journey-')));
  const media = join(folder, 'media');
  const isWalled = canWall();
  process.stderr.write('journey: the release is made\n');
  // What packs is loaded where something is packed alone.
  const { makeReleases } = await import('./releases.ts');
  const releases = await makeReleases(folder, media);
  // By this name of an account its processes are known again.
  const name = `ada-${randomBytes(4).toString('hex')}`;
  // Paths of the one before hold on the one after it, also where there are no walls.
  const place = { root: join(folder, 'machine'), media };
  const nextMachine = (): Machine => new Machine(place, name, isWalled);
  const owner = new Owner(nextMachine, new Guide(readFileSync(GUIDE, 'utf8')), releases);
  try {
    const outcomes = await takeSteps(STEPS, owner, (outcome) => {
      process.stderr.write(`${lineOf(outcome)}\n`);
    });
    const failed = outcomes.filter(({ state }) => state === 'FAILED');
    return {
      ...newTally(),
      cases: outcomes.length,
      failed: failed.map(({ step, seen }) => `${step}: ${seen}`),
      more: [['steps_failed', failed.length]],
    };
  } finally {
    owner.agent?.close();
    owner.machine.lose();
    rmSync(folder, { recursive: true, force: true });
  }
}
