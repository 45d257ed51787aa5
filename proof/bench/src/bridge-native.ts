import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { IOI, type SupervisedNode } from '@ioi/kit';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const RUNS = 3;
const NAME = 'ioi_bridge';

type Measure = (env: Record<string, string>) => number;

/** The same selects at the server itself and over the bridge to it, in turns, over TCP. */
export async function measureNative(
  report: Report,
  node: SupervisedNode,
  selectsPerSecond: Measure,
): Promise<void> {
  const why = whyNoPostgres();
  if (why !== undefined) return report.note(why);
  const server = await PostgresServer.start({ tls: true, settings: ['max_connections = 200'] });
  try {
    setUp(server, node);
    const bridge = spawn(process.execPath, [IOI, 'bridge', 'serve', '--port', '0', '--json'], {
      env: { IOI_HOME: node.home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: bridge.stdout });
      const [line] = (await once(lines, 'line')) as [string];
      const password = readFileSync(join(node.home, 'bridge', 'password'), 'utf8').trim();
      const proxied = envOf(JSON.parse(line).url, 'postgres', 'reader', password);
      const native = envOf(server.tlsUrl, NAME, 'ioi_reader', '');
      const ratios = Array.from({ length: RUNS }, () => {
        const alone = selectsPerSecond(native);
        return selectsPerSecond(proxied) / alone;
      });
      report.figure({
        figure: 'ratio_vs_native_postgres',
        value: median(ratios),
        unit: 'x',
        target: { op: '>=', value: 0.7 },
      });
    } finally {
      bridge.kill();
      await once(bridge, 'exit');
    }
  } finally {
    await server.remove();
  }
}

/** The script that the bridge prints, and where the server is. */
function setUp(server: PostgresServer, { home, folder }: SupervisedNode): void {
  const options = { env: { IOI_HOME: home }, encoding: 'utf8' } as const;
  const script = join(folder, 'setup.sql');
  writeFileSync(script, spawnSync(process.execPath, [IOI, 'bridge', 'setup'], options).stdout);
  const made = spawnSync('psql', ['-X', '-q', '-f', script, server.url()], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  mkdirSync(join(home, 'bridge'), { recursive: true, mode: 0o700 });
  const config = JSON.stringify({ url: server.url(NAME, NAME) });
  writeFileSync(join(home, 'bridge', 'server.json'), config, { mode: 0o600 });
}

function envOf(
  address: string,
  database: string,
  role: string,
  password: string,
): Record<string, string> {
  const { hostname, port } = new URL(address);
  return {
    PATH: process.env['PATH'] ?? '',
    PGHOST: hostname === 'localhost' ? '127.0.0.1' : hostname,
    PGPORT: port,
    PGUSER: role,
    PGDATABASE: database,
    PGSSLMODE: 'disable',
    PGPASSWORD: password,
  };
}
