import { parseCheckpoint, parseNote } from '@ioi/crypto';
import { contentKeys, writeExport } from '@ioi/law';
import type { Cosigned } from './continues.ts';
import type { HeadReader } from './head-reader.ts';
import type { Latest } from './latest.ts';

/** How long an export waits for the cosignature over what was sealed when it was asked for. */
const COSIGN_WAIT_MS = 3_000;
const POLL_MS = 10;

/** The note with both signatures over at least what is sealed now; waits a moment for it. */
export async function cosignedNote(
  reader: HeadReader,
  latest: Latest,
): Promise<Cosigned | undefined> {
  const wanted = reader.size;
  const until = Date.now() + COSIGN_WAIT_MS;
  while (sizeOf(latest.cosigned) < wanted && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const size = sizeOf(latest.cosigned);
  return size < wanted ? undefined : { note: latest.cosigned, size };
}

/**
 * The export file's text (law/src/core/export), or why there is none. `salted` gives the contents
 * that decisions were made on; a domain without contents needs none.
 */
export function exportText(
  reader: HeadReader,
  { note, size }: Cosigned,
  salted: (digest: string) => string | undefined = () => undefined,
): { ok: true; text: string } | { ok: false; code: string; message: string } {
  const entries = reader.texts(0, size);
  const payload = (digest: string): string | undefined => reader.payload(digest) ?? salted(digest);
  const isForgotten = (digest: string): boolean =>
    reader.get(contentKeys.forgotten(digest)) !== undefined;
  const written = writeExport({ note, entries, payload, isForgotten });
  if (!written.ok) return { ok: false, ...written.error };
  return { ok: true, text: written.value.map((line) => `${line}\n`).join('') };
}

/** Entries a note covers; 0 when it is no checkpoint. */
export function sizeOf(note: string): number {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  return checkpoint?.ok ? checkpoint.value.size : 0;
}
