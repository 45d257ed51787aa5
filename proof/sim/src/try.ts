import { runSimulation } from './run.ts';

const from = Number(process.argv[2] ?? 1),
  n = Number(process.argv[3] ?? 1);
const t = process.hrtime.bigint();
let bad = 0;
for (let seed = from; seed < from + n; seed++) {
  const r = await runSimulation({ seed });
  if (r.broken) {
    bad++;
    console.log(seed, r.broken.step, r.broken.message);
    if (n === 1) console.log(r.broken.trace.join('\n'));
  }
  if (n === 1) console.log(r.digest, r.events, r.counts);
}
console.log(bad, 'of', n, Number(process.hrtime.bigint() - t) / 1e6 / n, 'ms each');
