import { proofs } from './agentgres-proofs.ts';
import { run as reads } from './agentgres-reads.ts';
import { rivals } from './agentgres-rivals.ts';
import { postgresWrites, WRITERS, writes } from './agentgres-writes.ts';
import type { Report } from './report.ts';

/** Agentgres: sealed writes, proofs, PostgreSQL, projections and subscribers. */
export async function run(report: Report): Promise<void> {
  await writes(report);
  await postgresWrites(report);
  await rivals(report, WRITERS);
  await proofs(report);
  await reads(report);
}
