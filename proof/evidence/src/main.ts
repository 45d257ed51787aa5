import { parseArgs } from 'node:util';
import { runKills } from './agentgres.ts';
import { runCrash } from './crash.ts';

const RUNS = { crash: { run: runCrash, kills: 250 }, agentgres: { run: runKills, kills: 1000 } };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

const name = positionals[0] as keyof typeof RUNS;
if (positionals.length !== 1 || !Object.hasOwn(RUNS, name)) {
  const known = Object.keys(RUNS).join('|');
  console.error(`usage: npm run evidence -- <${known}> [--kills N] [--seed N] [--json]`);
  process.exit(2);
}

const kills = Number(values.kills ?? RUNS[name].kills);
const onProgress = (done: number): void => {
  if (!values.json && done % 10 === 0) console.error(`${done}/${kills} kills`);
};
const { findings, counts } = await RUNS[name].run({ kills, seed: Number(values.seed), onProgress });
const figures = { kills, findings: findings.length, ...counts };
for (const [figure, value] of Object.entries(figures)) {
  const row = { run: name, figure, value, unit: 'count' };
  console.log(values.json ? JSON.stringify(row) : `${name} ${figure.padEnd(24)} ${value}`);
}
for (const finding of findings.slice(0, 50)) console.error(finding);
process.exit(findings.length === 0 ? 0 : 1);
