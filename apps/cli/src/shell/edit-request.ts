import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ParamChange, revealed } from '@ioi/law';
import { changeOf, changesBetween } from '../core/param-edits.ts';
import type { PendingItem } from '../core/pending-view.ts';
import { type Context, flagOption, listOption, type Options } from './context.ts';
import { usageFault } from './fault.ts';
import { payloadsOf } from './large-values.ts';

/** What the person wants otherwise, from `--set` or an editor; undefined where nothing. */
export async function changesWanted(
  context: Context,
  item: PendingItem,
  options: Options,
): Promise<readonly ParamChange[] | undefined> {
  const given = listOption(options, 'set').map((text) => {
    const change = changeOf(text);
    if (!change.ok) throw usageFault(change.error);
    return change.value;
  });
  if (!flagOption(options, 'edit')) return given.length === 0 ? undefined : given;
  const payloads = await payloadsOf(item, context.daemon);
  const params = revealed(item.request.params, (digest) => payloads.get(digest));
  const known = params as Readonly<Record<string, unknown>>;
  const changes = changesBetween(
    known,
    await edited(context, JSON.stringify(params, undefined, 2)),
  );
  if (!changes.ok) throw usageFault(changes.error);
  const all = [...given, ...changes.value];
  if (all.length === 0) throw usageFault('nothing was changed');
  return all;
}

/** In the editor of the person, in a folder nobody else reads. */
async function edited({ environment }: Context, text: string): Promise<string> {
  const editor = environment['VISUAL'] ?? environment['EDITOR'] ?? 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'ioi-edit-'));
  const path = join(folder, 'request.json');
  try {
    writeFileSync(path, `${text}\n`, { mode: 0o600 });
    const command = `${editor} "$0"`;
    const child = spawn('/bin/sh', ['-c', command, path], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw usageFault(`${editor} ended with ${code}: nothing was changed`);
    return readFileSync(path, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
