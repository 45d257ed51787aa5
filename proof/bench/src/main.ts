import { parseArgs } from 'node:util';
import * as canon from './canon.ts';
import * as decide from './decide.ts';
import * as gate from './gate.ts';
import * as mcpAdded from './mcp-added.ts';
import { jsonReport, type Report, textReport } from './report.ts';
import * as up from './up.ts';

/** A bench is one file that exports `run`, entered here under the name its figures go by. */
type Bench = (report: Report) => void | Promise<void>;

const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  ['canon', canon.run],
  ['decide', decide.run],
  ['gate', gate.run],
  ['mcp-added', mcpAdded.run],
  ['up', up.run],
]);

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const [name = '', ...rest] = positionals;
  const chosen = name === 'all' ? [...BENCHES.keys()] : [name];
  if (rest.length > 0 || !chosen.every((each) => BENCHES.has(each))) {
    const known = [...BENCHES.keys(), 'all'].join('|');
    process.stderr.write(`usage: bench <${known}> [--json]\n`);
    return 2;
  }
  for (const each of chosen) {
    await BENCHES.get(each)?.(values.json ? jsonReport(each) : textReport(each));
  }
  return 0;
}
