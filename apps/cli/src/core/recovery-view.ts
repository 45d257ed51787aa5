import type { AwayContents, BackupSurvey, Takeover } from '@ioi/protocol';
import type { Paint } from './paint.ts';
import { sizeText } from './size-text.ts';
import { visible } from './visible.ts';

/** Where a backup ends. */
export type Backup = { readonly size: number; readonly epoch: string };

type Shown = { readonly paint: Paint; timeText(chainTime: string): string };

/** What a backup has the keys of and not the bytes. */
export function awayLines(away: Omit<AwayContents, 'digests'> | undefined): string[] {
  if (away === undefined) return [];
  const { place, count, bytes } = away;
  const lines = [
    `${count} contents (${sizeText(bytes)}) stand in ${place} alone, not in the backup`,
  ];
  return [...lines, 'they are read there: keep the bucket, and its credentials'].map(visible);
}

/** What a restore loses: told before the passphrase is asked for. */
export function lossView(survey: BackupSurvey, backup: Backup, how: Shown): string[] {
  const { paint, timeText } = how;
  const { here, unreadable, begins, missing, entries } = survey;
  if (unreadable !== undefined) {
    const why = `what was sealed here cannot be read (${visible(unreadable)})`;
    return [paint('yellow', `${why}: how much is lost is not known`)];
  }
  if (here === undefined) return ['nothing was sealed here: what came after the backup is lost'];
  const lines = [`sealed here  ${here.size} entries, epoch ${visible(here.epoch)}`];
  if (begins === false) {
    lines.push(paint('red', 'the log here does not begin as the backup does: another history'));
  }
  if (missing === 0) return [...lines, 'lost         nothing that was sealed here'];
  lines.push(paint('red', `lost         ${missing} entries, sealed after the backup:`));
  for (const { seq, chain_time, operation } of entries) {
    lines.push(`  ${seq.padStart(8)}  ${timeText(chain_time)}  ${visible(operation)}`);
  }
  const unnamed = missing - entries.length;
  if (unnamed > 0) lines.push(`  and ${unnamed} more`);
  lines.push(`policy, decisions and budgets are those after ${backup.size} entries again`);
  if (BigInt(here.epoch) <= BigInt(backup.epoch)) return lines;
  const seen = `epoch ${visible(here.epoch)} began after it: whoever saw that refuses another`;
  return [...lines, paint('yellow', seen)];
}

/** What takes over, where the one before is kept, and what is to be done now. */
export function takeoverView(takeover: Takeover): string[] {
  const { node_id, epoch, size, domains, left, packages_damaged: damaged = [] } = takeover;
  const lines = [`${visible(node_id)} goes on in epoch ${epoch} after ${size} entries`];
  if (domains.length > 0) lines.push(`with its domains ${visible(domains.join(', '))}`);
  if (left.length > 0) {
    lines.push(
      `without ${visible(left.join(', '))}: not as sealed, or not open; begun anew if opened`,
    );
  }
  if (damaged.length > 0) {
    const names = visible(damaged.join(', '));
    lines.push(`without packages of workers that are damaged: ${names}; ioi worker install again`);
  }
  return lines;
}

/** What to do about a refusal of the recovery process. */
export function nextAfter(code: string): string | undefined {
  if (code === 'approver.keyfile.wrong_passphrase') return 'the same command again';
  if (code === 'handover.not_whole') return 'ioi up --detach, then ioi down, then the same again';
  if (code === 'cluster.name_taken') return 'another name, or the same with --replace';
  if (code === 'cluster.changed_meanwhile') return 'the same command again';
  if (/^(roster|succession)\.superseded$/.test(code)) {
    return 'ioi cluster status, then the same command again';
  }
  if (code === 'handover.empty') return 'ioi up --detach';
  if (code === 'restore.other_owner') return 'the same command with --owner-key FILE';
  if (code === 'backup.other_owner') return 'the same command with the phrase of that owner';
  if (code === 'backup.damaged') return 'the same command with another backup';
  return undefined;
}
