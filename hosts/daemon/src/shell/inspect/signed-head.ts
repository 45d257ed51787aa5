import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type LogFile, newestCheckpoint } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import { type NoteKey, noteKeysOf, parseCheckpoint, verifyNote } from '@ioi/crypto';
import { type ReadSeal, readSeal } from '@ioi/guardian/shell';
import type { HybridPublicKey, LogEntry, Rejection } from '@ioi/protocol';
import type { DomainFolder } from './folders.ts';

/** A checkpoint whose signatures hold under the keys that the log itself names. */
export type SignedHead = {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly signatures: readonly string[];
};

export type SealFile =
  | { readonly kind: 'hidden' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | ({ readonly kind: 'read' } & ReadSeal);

/** What the guardian's file says; `hidden` when this account may not look. */
export function sealFile({ sealPath }: DomainFolder): SealFile {
  if (!mayRead(dirname(sealPath))) return { kind: 'hidden' };
  if (!existsSync(sealPath)) return { kind: 'absent' };
  try {
    return { kind: 'read', ...readSeal(sealPath) };
  } catch (fault) {
    return { kind: 'unreadable', message: fault instanceof Error ? fault.message : String(fault) };
  }
}

/**
 * The newest signed head of a log: the guardian's last seal, or where that is not to be read the
 * newest checkpoint beside the log. Rejects with `seal.missing` or `seal.bad_signature`.
 */
export function signedHead(folder: DomainFolder, log: LogFile): Result<SignedHead, Rejection> {
  const seal = sealFile(folder);
  const sealed = seal.kind === 'read' ? seal.seal?.note : undefined;
  const kept = newestCheckpoint(folder.folder);
  const note = longer(sealed, kept);
  if (note === undefined) {
    return err({ code: 'seal.missing', message: 'no seal and no checkpoint covers this log' });
  }
  return headOf(note, log);
}

/** Checks a note with the keys that genesis names, or those of a guardian that took over since. */
export function headOf(note: string, log: LogFile): Result<SignedHead, Rejection> {
  const [genesis = '{}'] = log.texts(0, 1);
  const first = verifyNote(note, keysIn([genesis]));
  // Looking for successors reads the whole log: only where the first keys signed nothing.
  const checked = first.ok ? first : verifyNote(note, keysIn(log.textsOf('domain/epoch.change')));
  if (!checked.ok) return badSignature(checked.error.message);
  const checkpoint = parseCheckpoint(checked.value.text);
  if (!checkpoint.ok) return badSignature(checkpoint.error.message);
  const { size, root } = checkpoint.value;
  const signatures = checked.value.signers.map(({ key }) => algorithmOf(key));
  return ok({ size, root, signatures });
}

function badSignature(message: string): Result<never, Rejection> {
  return err({ code: 'seal.bad_signature', message });
}

const ED25519_BYTES = 32;

function algorithmOf({ publicKey }: NoteKey): string {
  return publicKey.length === ED25519_BYTES ? 'ed25519' : 'ml-dsa-44';
}

/** Keys that entries name as their guardian's. */
function keysIn(texts: readonly string[]): NoteKey[] {
  return texts.flatMap((text) => {
    const { guardian_key, origin } = (JSON.parse(text) as Partial<LogEntry>).payload ?? {};
    if (typeof origin !== 'string' || typeof guardian_key !== 'object') return [];
    const pair = noteKeysOf(guardian_key as HybridPublicKey, origin);
    return pair.ok ? [pair.value.ed25519, pair.value.mlDsa44] : [];
  });
}

/** Of two notes the one over more entries; of equals the one with more signatures. */
function longer(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const [left, right] = [sizeIn(one), sizeIn(other)];
  return right >= left ? other : one;
}

function sizeIn(note: string): number {
  return Number(note.split('\n')[1] ?? 0);
}

function mayRead(folder: string): boolean {
  const existing = existsSync(folder) ? folder : join(folder, '..');
  try {
    accessSync(existing, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
