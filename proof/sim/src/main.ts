import { parseArgs } from 'node:util';
import { CLUSTER_STEPS, runClusterSimulation } from './cluster/run.ts';
import { runSimulation, type SimReport, STEPS } from './run.ts';
import { addCounts } from './sum.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    steps: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const SIMULATIONS = {
  agentgres: { run: runSimulation, steps: STEPS },
  cluster: { run: runClusterSimulation, steps: CLUSTER_STEPS },
};
const [named = ''] = positionals;
if (!Object.hasOwn(SIMULATIONS, named)) {
  const names = Object.keys(SIMULATIONS).join('|');
  console.error(`usage: npm run sim -- ${names} [--seed N] [--runs M] [--steps K] [--json]`);
  process.exit(2);
}

const simulation = SIMULATIONS[named as keyof typeof SIMULATIONS];
const [first, runs] = [Number(values.seed), Number(values.runs)];
const steps = Number(values.steps ?? simulation.steps);
process.exitCode = await simulate();

async function simulate(): Promise<number> {
  const total = new Map<string, number>();
  let broken = 0;
  for (let seed = first; seed < first + runs; seed += 1) {
    const report = await simulation.run({ seed, steps });
    addCounts(total, report.counts);
    if (report.broken) {
      broken += 1;
      tell(report);
    }
    if (runs === 1) console.log(values.json ? JSON.stringify(report) : report.digest);
  }
  const figures = { runs, broken, ...Object.fromEntries([...total].sort()) };
  for (const [figure, value] of Object.entries(figures)) {
    const row = { run: `sim ${named}`, figure, value, unit: 'count' };
    console.log(values.json ? JSON.stringify(row) : `${figure.padEnd(40)} ${value}`);
  }
  return broken === 0 ? 0 : 1;
}

function tell({ seed, broken: about }: SimReport): void {
  if (about === undefined) return;
  console.error(`seed ${seed}, step ${about.step}: ${about.message}`);
  if (runs === 1) console.error(about.trace.join('\n'));
}
