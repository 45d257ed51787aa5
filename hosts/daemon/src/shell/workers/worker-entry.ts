import { readFileSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { type ManifestDraft, readDraft, type Shape } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';

const SHAPE = new URL('../../../../../protocol/schemas/WorkerManifest.json', import.meta.url);
const DRAFT = 'worker.json';

export type WorkerEntry = ManifestDraft['entry'];

/** The JSON Schema of WorkerManifest, as it is published. */
export function manifestShape(): Shape {
  return JSON.parse(readFileSync(SHAPE, 'utf8')) as Shape;
}

/** How a folder says that its worker is started; undefined where it has no draft of a manifest. */
export async function entryIn(
  folder: string,
  names: readonly string[],
): Promise<Result<WorkerEntry | undefined, Rejection>> {
  if (!names.includes(DRAFT)) return ok(undefined);
  const draftFile = join(folder, DRAFT);
  const isFile = (await lstat(draftFile)).isFile();
  if (!isFile) return err({ code: 'worker.manifest', message: `${DRAFT} is no file` });
  const draft = readDraft(await readFile(draftFile, 'utf8'), manifestShape());
  if (draft.ok) return ok(draft.value.entry);
  const [first] = draft.error;
  const place = `${DRAFT}:${first?.line ?? 1}:${first?.column ?? 1}`;
  return err({ code: 'worker.manifest', message: `${place}: ${first?.message} [${first?.code}]` });
}
