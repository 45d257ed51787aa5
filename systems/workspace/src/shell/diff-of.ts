import { type Change, type TreeEntry, textOf, unifiedDiff } from '../core/index.ts';
import type { RunRecord, RunStore } from './run-store.ts';

/** Of one file; of a larger one only that it differs is said. */
const MOST_BYTES = 1_048_576;

/**
 * A unified diff of everything a run changed, as git prints them. Past so many letters nothing more
 * is read.
 */
export function diffOf(store: RunStore, { folders }: RunRecord, most = Infinity): string[] {
  const lines: string[] = [];
  let letters = 0;
  for (const folder of folders) {
    for (const change of store.changesIn(folder) ?? []) {
      if (letters > most) return lines;
      for (const line of diffLines(store, change)) {
        lines.push(line);
        letters += line.length + 1;
      }
    }
  }
  return lines;
}

function diffLines(store: RunStore, { path, before, after }: Change): string[] {
  const [was, is] = [before, after].map(described);
  if (before?.kind === 'folder' || after?.kind === 'folder') {
    if (before === undefined || after === undefined) return [];
  }
  const name = quoted(textOf(path));
  const head = [`diff ${name}`, ...(was === is ? [] : [`before: ${was}`, `after: ${is}`])];
  const [old, made] = [before, after].map((entry) => textIn(store, entry));
  if (old === undefined || made === undefined) {
    return [...head, 'no text, or too large to be shown'];
  }
  const lines = unifiedDiff(old, made);
  if (lines.length === 0) return head;
  const sides = [
    before?.kind === 'file' ? `--- a/${name}` : '--- /dev/null',
    after?.kind === 'file' ? `+++ b/${name}` : '+++ /dev/null',
  ];
  return [...head, ...sides, ...lines];
}

function described(entry: TreeEntry | undefined): string {
  switch (entry?.kind) {
    case undefined:
      return 'nothing';
    case 'file':
      return `file, mode ${entry.mode.toString(8)}`;
    case 'folder':
      return `folder, mode ${entry.mode.toString(8)}`;
    case 'link':
      return `link to ${quoted(textOf(entry.target))}`;
    case 'left':
      return `not kept: ${entry.why}`;
  }
}

/** Undefined where there are bytes that are no text; what is no file has none. */
function textIn(store: RunStore, entry: TreeEntry | undefined): string | undefined {
  if (entry?.kind === 'left') return undefined;
  if (entry?.kind !== 'file') return '';
  const bytes = entry.size > MOST_BYTES ? undefined : store.objects.get(entry.digest);
  if (bytes === undefined || bytes.includes(0)) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/** On one line, whatever is in it. */
function quoted(name: string): string {
  return /["\\\p{Cc}]/u.test(name) ? JSON.stringify(name) : name;
}
