import type { Comparison, Difference } from './compare.ts';
import { REVISIONS, ROLES } from './requirements.ts';
import { runSet, type SetRun } from './run-set.ts';

/** Runs the frozen sets with and without a node; the number of scored differences. */
export async function runMcp(isJson: boolean, only?: readonly string[]): Promise<number> {
  const chosen = (scenario: string): boolean => only?.includes(scenario) ?? true;
  if (only?.join('') === '') {
    process[isJson ? 'stderr' : 'stdout'].write('mcp: skipped, no scenario was chosen\n');
    return 0;
  }
  let lost = 0;
  let held = 0;
  for (const revision of REVISIONS) {
    for (const role of ROLES) {
      const set = await runSet(revision, role, chosen);
      held += set.scored.held;
      lost += set.scored.lost.length + set.unplayed.length;
      describe(set, isJson);
    }
  }
  const figure = { run: 'mcp', figure: 'scored_differences', value: lost, unit: 'cases' };
  if (isJson) process.stdout.write(`${JSON.stringify(figure)}\n`);
  else process.stdout.write(`mcp: ${lost} scored differences in ${held} checks\n`);
  // Sets without a check prove nothing.
  return held === 0 ? 1 : lost;
}

function describe({ revision, role, scored, unscored, unplayed }: SetRun, isJson: boolean): void {
  const set = `${revision} ${role}`;
  const counts = countsOf(scored, unscored);
  for (const [figure, value] of Object.entries(counts)) {
    const row = { run: 'mcp', set, figure, value, unit: 'cases' };
    process.stdout.write(isJson ? `${JSON.stringify(row)}\n` : `mcp ${set}: ${value} ${figure}\n`);
  }
  const say = isJson ? process.stderr : process.stdout;
  const lines = [
    ...scored.lost.map((each) => `  differs   ${worded(each)}`),
    ...unplayed.map((scenario) => `  differs   ${scenario}: no driver plays it`),
    ...scored.other.map((each) => `  otherwise ${worded(each)}`),
    ...scored.neither.map((name) => `  neither   ${name}`),
    ...unscored.lost.map((each) => `  unscored  ${worded(each)}`),
    ...unscored.other.map((each) => `  unscored  ${worded(each)}`),
  ];
  for (const line of lines) say.write(`${line}\n`);
}

function countsOf(scored: Comparison, unscored: Comparison): Record<string, number> {
  return {
    held: scored.held,
    lost: scored.lost.length,
    otherwise: scored.other.length,
    neither: scored.neither.length,
    unscored_held: unscored.held,
    unscored_lost: unscored.lost.length,
    unscored_neither: unscored.neither.length,
  };
}

function worded({ name, direct, gateway, message }: Difference): string {
  return `${name}: ${direct} directly, ${gateway} through the node ${message.slice(0, 300)}`;
}
