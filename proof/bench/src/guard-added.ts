import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WebServer } from '@ioi/cli/testing/web-server';
import { type Bed, guarded, ioi, startNode, taken } from './guard-bed.ts';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const ROUNDS = 5;
const COMMANDS = 40;
const REQUESTS = 200;

const RULES = ['sys::exec', 'net::fetch'].map((target) => {
  return { target, conditions: {}, action: 'ALLOW' };
});

/** Each in the milliseconds that whoever asks waits. */
const COMMANDS_ASKED = `
const { spawnSync } = require('node:child_process');
const all = [];
for (let each = 0; each <= ${COMMANDS}; each += 1) {
  const start = performance.now();
  const { status } = spawnSync('sh', ['-c', 'true']);
  if (status !== 0) throw new Error('sh ended with ' + status);
  all.push(performance.now() - start);
}
console.log(JSON.stringify(all.slice(1)));
`;

const REQUESTS_ASKED = `
const all = [];
for (let each = 0; each <= ${REQUESTS}; each += 1) {
  const start = performance.now();
  const answer = await fetch(process.env.PLACE + '/' + each);
  if (!(await answer.text()).includes('answer to GET')) throw new Error('status ' + answer.status);
  all.push(performance.now() - start);
}
console.log(JSON.stringify(all.slice(1)));
`;

/** What the Guard adds to a shell's first command, to each one after it, and to a request. */
export async function runAdded(report: Report, cli: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-added-'));
  const server = await WebServer.start(folder);
  if (server === undefined) return report.note('nobody makes certificates here: openssl');
  const trusted = { NODE_EXTRA_CA_CERTS: server.certificateFile };
  const env = { PLACE: `https://${server.host}`, ...trusted };
  const bed = { cli, home: join(folder, 'home'), workspace: join(folder, 'work'), env };
  try {
    startNode(bed, { rules: RULES, environment: trusted });
    await addedToCommands(report, bed);
    await addedToRequests(report, bed, server.host);
  } finally {
    ioi(bed, ['down']);
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function addedToCommands(report: Report, bed: Bed): Promise<void> {
  const first = await pairs(bed, ['--shell'], ['sh', '-c', 'true'], ({ wall }) => [wall]);
  tell(report, 'first_command_added_ms', first, 80);
  const client = join(bed.workspace, 'commands.cjs');
  writeFileSync(client, COMMANDS_ASKED);
  const next = await pairs(bed, ['--shell'], ['node', client], saidIn);
  tell(report, 'next_command_added_ms', next, 8);
}

async function addedToRequests(report: Report, bed: Bed, host: string): Promise<void> {
  const client = join(bed.workspace, 'requests.mjs');
  writeFileSync(client, REQUESTS_ASKED);
  const options = ['--host', host, '--env', 'PLACE', '--read', dirname(process.execPath)];
  tell(report, 'https_added_p50_ms', await pairs(bed, options, ['node', client], saidIn), 1.5);
}

type Pairs = { readonly under: readonly number[]; readonly bare: readonly number[] };

/** In turns; the first of each fills caches. */
async function pairs(
  bed: Bed,
  options: readonly string[],
  command: readonly string[],
  read: (taken: { readonly wall: number; readonly said: string }) => readonly number[],
): Promise<Pairs> {
  const [under, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const alone = read(await taken(bed, command));
    const held = read(await taken(bed, guarded(bed, options, command)));
    if (round === 0) continue;
    bare.push(...alone);
    under.push(...held);
  }
  return { under, bare };
}

const saidIn = ({ said }: { readonly said: string }): readonly number[] => JSON.parse(said);

function tell(report: Report, figure: string, { under, bare }: Pairs, most: number): void {
  const [held, alone] = [median(under), median(bare)];
  report.note(`${figure}: ${held.toFixed(1)} ms, ${alone.toFixed(1)} ms without the Guard`);
  const target = { op: '<=', value: most } as const;
  report.figure({ figure, value: held - alone, unit: 'ms', target });
}
