import { parseArgs } from 'node:util';
import { runCrash } from './crash.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    kills: { type: 'string', default: '250' },
    seed: { type: 'string', default: '1' },
  },
});

if (positionals[0] !== 'crash') {
  console.error('usage: npm run evidence -- crash [--kills N] [--seed N] [--json]');
  process.exit(2);
}

const kills = Number(values.kills);
const onProgress = (done: number): void => {
  if (!values.json && done % 10 === 0) console.error(`${done}/${kills} kills`);
};
const { findings, counts } = await runCrash({ kills, seed: Number(values.seed), onProgress });
const figures = { kills, findings: findings.length, ...counts };
for (const [figure, value] of Object.entries(figures)) {
  const row = { run: 'crash', figure, value, unit: 'count' };
  console.log(values.json ? JSON.stringify(row) : `crash ${figure.padEnd(24)} ${value}`);
}
for (const finding of findings.slice(0, 50)) console.error(finding);
process.exit(findings.length === 0 ? 0 : 1);
