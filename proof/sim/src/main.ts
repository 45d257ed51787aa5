import { parseArgs } from 'node:util';
import { runSimulation, type SimReport, STEPS } from './run.ts';
import { addCounts } from './sum.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    steps: { type: 'string', default: String(STEPS) },
    json: { type: 'boolean', default: false },
  },
});

if (positionals[0] !== 'agentgres') {
  console.error('usage: npm run sim -- agentgres [--seed N] [--runs M] [--steps K] [--json]');
  process.exit(2);
}

const [first, runs, steps] = [Number(values.seed), Number(values.runs), Number(values.steps)];
const total = new Map<string, number>();
let broken = 0;
for (let seed = first; seed < first + runs; seed += 1) {
  const report = await runSimulation({ seed, steps });
  addCounts(total, report.counts);
  if (report.broken) {
    broken += 1;
    tell(report);
  }
  if (runs === 1) console.log(values.json ? JSON.stringify(report) : report.digest);
}
const figures = { runs, broken, ...Object.fromEntries([...total].sort()) };
for (const [figure, value] of Object.entries(figures)) {
  const row = { run: 'sim agentgres', figure, value, unit: 'count' };
  console.log(values.json ? JSON.stringify(row) : `${figure.padEnd(40)} ${value}`);
}
process.exitCode = broken === 0 ? 0 : 1;

function tell({ seed, broken: about }: SimReport): void {
  if (about === undefined) return;
  console.error(`seed ${seed}, step ${about.step}: ${about.message}`);
  if (runs === 1) console.error(about.trace.join('\n'));
}
