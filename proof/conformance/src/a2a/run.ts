import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Tally } from '../tally.ts';
import { type Departure, judged } from './judge.ts';
import { testsIn } from './junit.ts';
import { serveEcho } from './serve.ts';

const DEPARTURES = new URL('departures.json', import.meta.url);
const CACHE = resolve(import.meta.dirname, '../../../../node_modules/.cache/ioi-a2a-tck');
const LONGEST_MS = 1_200_000;
/** What a kit needs of its interpreter; what else it wants it says itself. */
const NEEDED = 'import pytest, httpx, grpc, jsonschema, jinja2';

type Kit = { readonly folder: string; readonly python: string };

/** The kit, where it was put, and a Python that has what it wants; or why there is none. */
export function findKit(vectors: string, given: string | undefined): Kit | { why: string } {
  const places = [given, process.env['IOI_A2A_TCK'], join(vectors, 'a2a-tck'), CACHE];
  const named = given ?? process.env['IOI_A2A_TCK'];
  const isKit = (folder: string): boolean => existsSync(join(folder, 'tests/compatibility'));
  const folder = places.find((each) => each !== undefined && isKit(each));
  if (folder === undefined) return { why: `there is no a2a-tck in ${named ?? CACHE}` };
  const own = join(folder, '.venv/bin/python');
  const pythons = [process.env['IOI_A2A_PYTHON'], existsSync(own) ? own : undefined, 'python3'];
  const python = pythons.find((each) => each !== undefined) as string;
  const { status } = spawnSync(python, ['-c', NEEDED], { stdio: 'ignore' });
  if (status !== 0) return { why: `${python} lacks what a2a-tck needs: IOI_A2A_PYTHON names one` };
  return { folder: resolve(folder), python };
}

/** All of the kit's tests over JSON-RPC, against a worker that is served by a node of its own. */
export async function run({ folder, python }: Kit, only?: string): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), 'ioi-a2a-report-'));
  const served = await serveEcho();
  try {
    const report = join(scratch, 'junit.xml');
    const about = [`--sut-host=${served.url}`, '--transport=jsonrpc', `--junitxml=${report}`];
    const quiet = ['-q', '--tb=no', '-p', 'no:cacheprovider', ...(only ? ['-k', only] : [])];
    const child = spawn(python, ['-m', 'pytest', 'tests/compatibility/', ...about, ...quiet], {
      ...{ cwd: folder, timeout: LONGEST_MS, stdio: ['ignore', 'ignore', 'inherit'] },
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    await once(child, 'exit');
    const tests = existsSync(report) ? testsIn(readFileSync(report, 'utf8')) : [];
    const departures = JSON.parse(readFileSync(DEPARTURES, 'utf8')) as readonly Departure[];
    return judged(tests, departures);
  } finally {
    await served.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}
