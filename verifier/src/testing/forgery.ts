import type { TestNode } from '@ioi/law/testing';
import { readEntry, textOf } from '@ioi/law/testing';
import type { LogEntry } from '@ioi/protocol';
import { type VerificationReport, type VerifyOptions, verify } from '../core/index.ts';

/** An entry with members as loose as a forger's. */
type Loose<T> = { -readonly [K in keyof T]: T[K] };
export type LooseEntry = Loose<LogEntry> & {
  payload: Record<string, never>;
  events: Record<string, never>[];
};

/** Verifies a file given as text. */
export function verifyText(file: string, options?: VerifyOptions): VerificationReport {
  return verify([new TextEncoder().encode(file)], options);
}

/** The verdict on a file: `ok`, or the first finding's code, with the place where it has one. */
export function verdict(report: VerificationReport): string {
  if (report.ok) return 'ok';
  const [{ code, seq }] = report.findings;
  return seq === undefined ? code : `${code} @${seq}`;
}

/**
 * The verdict on a log in which entries were changed by somebody the guardian signed for all the
 * same: what only replay can tell. Entries stay canonical; nothing else is made to fit.
 */
export async function verdictOnForged(
  node: TestNode,
  edit: (entries: LooseEntry[]) => void,
): Promise<string> {
  const entries = node.texts.map((text) => structuredClone(readEntry(text).entry) as LooseEntry);
  edit(entries);
  return verdict(verifyText(await node.forge(entries.map(textOf))));
}
