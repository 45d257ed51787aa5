import { parseArgs } from 'node:util';
import { jsonReport, type Report, textReport } from './report.ts';

/**
 * A bench is one file that exports `run`, entered here under the name its figures go by. Loaded
 * when it runs: what peers bring along would slow the others down.
 */
type Bench = {
  readonly run: (report: Report, parts?: readonly string[]) => void | Promise<void>;
  /** Of one that takes long: what can be measured alone. */
  readonly PARTS?: readonly string[];
};

const BENCHES: ReadonlyMap<string, () => Promise<Bench>> = new Map<string, () => Promise<Bench>>([
  ['agentgres', () => import('./agentgres.ts')],
  ['bridge', () => import('./bridge.ts')],
  ['canon', () => import('./canon.ts')],
  ['cim', () => import('./cim.ts')],
  ['cluster', () => import('./cluster.ts')],
  ['decide', () => import('./decide.ts')],
  ['fleet', () => import('./fleet.ts')],
  ['gate', () => import('./gate.ts')],
  ['guard', () => import('./guard.ts')],
  ['inclusion', () => import('./inclusion.ts')],
  ['mcp-added', () => import('./mcp-added.ts')],
  ['mcp-cost', () => import('./mcp-cost.ts')],
  ['runs', () => import('./runs.ts')],
  ['search', () => import('./search.ts')],
  ['up', () => import('./up.ts')],
  ['wallet', () => import('./wallet.ts')],
  ['workbench', () => import('./workbench.ts')],
]);

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, part: { type: 'string' } },
  });
  const [name = '', ...rest] = positionals;
  const chosen = name === 'all' ? [...BENCHES.keys()] : [name];
  if (rest.length > 0 || !chosen.every((each) => BENCHES.has(each))) {
    const known = [...BENCHES.keys(), 'all'].join('|');
    process.stderr.write(`usage: bench <${known}> [--part NAME,NAME] [--json]\n`);
    return 2;
  }
  for (const each of chosen) {
    const bench = await BENCHES.get(each)?.();
    const parts = values.part?.split(',');
    const known = bench?.PARTS ?? [];
    if (parts?.every((part) => known.includes(part)) === false) {
      const whole = `${each} has no parts of its own`;
      process.stderr.write(`${known.length === 0 ? whole : `--part takes ${known.join(', ')}`}\n`);
      return 2;
    }
    await bench?.run(values.json ? jsonReport(each) : textReport(each), parts);
  }
  return 0;
}
