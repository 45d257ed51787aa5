import { join } from 'node:path';
import { checkLog, SqliteStore } from '@ioi/agentgres/shell';
import { domainModules, domainNameOf } from '@ioi/law';
import type { Report } from './report.ts';

/** The log that was written, read once more from its first entry: as signed, and as folded. */
export async function verification(report: Report, home: string, domain: string): Promise<void> {
  const folder = join(home, 'data', 'domains', domainNameOf(domain));
  const store = new SqliteStore(folder, { readOnly: true });
  const size = Number(store.size());
  store.close();
  const log = { folder, size, isHashed: true, modules: undefined };
  await rate(report, log, { figure: 'verify_ops_per_s', least: 250_000 });
  const folded = { ...log, modules: domainModules() };
  await rate(report, folded, { figure: 'verify_state_ops_per_s', least: 120_000 });
}

type Log = Omit<Parameters<typeof checkLog>[0], 'onProgress'>;

async function rate(
  report: Report,
  log: Log,
  { figure, least }: { readonly figure: string; readonly least: number },
): Promise<void> {
  const start = performance.now();
  const checked = await checkLog({ ...log, onProgress: () => {} });
  if (!checked.ok) throw new Error(`${checked.error.code}: ${checked.error.message}`);
  const value = log.size / ((performance.now() - start) / 1000);
  report.figure({ figure, value, unit: '1/s', target: { op: '>=', value: least } });
}
