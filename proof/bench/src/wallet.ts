import type { Report } from './report.ts';
import { chains } from './wallet-chains.ts';
import { checks } from './wallet-checks.ts';
import { oneShots } from './wallet-one-shots.ts';
import { measurePasskey } from './wallet-passkey.ts';

/** Authority: checking a grant, verifying a chain, revoking it, using grants up, and approving. */
export async function run(report: Report): Promise<void> {
  checks(report);
  await chains(report);
  await oneShots(report);
  await measurePasskey(report);
}
