import { whenLeft } from '@ioi/basis/shell';
import type { RecoveryAnswer, RecoveryJob } from '@ioi/protocol';
import { openArchive, sealArchive } from './shell/archive.ts';
import { clusterAnswer } from './shell/cluster/answer.ts';
import { firstLine } from './shell/first-line.ts';
import { openBackup } from './shell/open-backup.ts';
import { Refused } from './shell/refused.ts';
import { sealBackup } from './shell/seal-backup.ts';
import { survey } from './shell/survey.ts';
import { handOver, restore } from './shell/take-over.ts';

/**
 * One job and out: what stands here against a backup, or the guardian and log that take over. Runs
 * while the node does not; the passphrase arrives on standard input with the job.
 */
async function answer(job: RecoveryJob): Promise<RecoveryAnswer> {
  if (job.kind === 'survey') return { kind: 'surveyed', survey: survey(job, job.checkpoint) };
  const tell = (done: number, of: number): void => say({ kind: 'progress', done, of });
  if (job.kind === 'backup') return { kind: 'sealed', backup: await sealBackup(job, tell) };
  if (job.kind === 'unseal') return { kind: 'opened', backup: await openBackup(job, tell) };
  if (job.kind === 'seal_archive')
    return { kind: 'archive_sealed', archive: sealArchive(job, tell) };
  if (job.kind === 'open_archive') {
    return { kind: 'archive_opened', archive: await openArchive(job, tell) };
  }
  if (job.kind !== 'restore' && job.kind !== 'handover') return clusterAnswer(job, say);
  const takeover = job.kind === 'restore' ? await restore(job, tell) : await handOver(job);
  return { kind: 'made', takeover };
}

function say(message: RecoveryAnswer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

try {
  const job = JSON.parse(await firstLine(process.stdin)) as RecoveryJob;
  // One that nobody waits for must not take a turn: whoever writes would be fenced for nobody.
  if (job.kind === 'cluster_stand_by') whenLeft(() => process.exit(1));
  say(await answer(job));
} catch (fault) {
  const message = fault instanceof Error ? fault.message : String(fault);
  say({ kind: 'refused', code: fault instanceof Refused ? fault.code : 'recovery.fault', message });
}
process.stdin.destroy();
