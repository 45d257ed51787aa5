import type { ActionRules } from '@ioi/protocol';
// Not by the index: a browser would load all of the policy for it.
import { referenceIn } from '../content/reference.ts';
import { preview, visible } from './visible.ts';

/** A parameter of a request, line by line, safe to print. `old` goes, `new` comes. */
export type ShownParam = { readonly name: string; readonly lines: readonly ShownLine[] };
export type ShownLine = { readonly kind: 'same' | 'old' | 'new' | 'note'; readonly text: string };

const COLUMNS = 100;
const MOST_LINES = 400;

/** Edits are shown as what goes and what comes; the file itself is not read here. */
export function shownParam(name: string, value: unknown): ShownParam {
  const reference = referenceIn(value);
  if (reference !== undefined) {
    const text = `${reference.bytes} bytes, not shown here: ${reference.$payload}`;
    return { name: visible(name), lines: [{ kind: 'note', text }] };
  }
  const edits = editsIn(value);
  const lines = edits ? editLines(edits) : linesOf(paramText(value), 'same');
  return { name: visible(name), lines };
}

/** As it is looked through and shown: what is no text as JSON. */
export function paramText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

/** What else a rule is about than the request at hand; not yet safe to print. */
export function ruleCoverage({ action, target, conditions }: ActionRules['rules'][number]): string {
  const limits = Object.keys(conditions).length === 0 ? '' : ` where ${JSON.stringify(conditions)}`;
  return `${target}${limits} (${action})`;
}

function linesOf(text: string, kind: ShownLine['kind']): ShownLine[] {
  const { lines, isComplete } = preview(text, COLUMNS, MOST_LINES);
  const shown = lines.map((line) => ({ kind, text: line }));
  if (isComplete) return shown;
  return [...shown, { kind: 'note', text: `… ${text.length} characters in all` }];
}

/** A request can hold more of them than anybody could draw. */
function editLines(edits: readonly Edit[]): ShownLine[] {
  const lines: ShownLine[] = [];
  for (const { oldText, newText } of edits) {
    if (lines.length >= MOST_LINES) {
      return [...lines, { kind: 'note', text: `… ${edits.length} edits in all` }];
    }
    lines.push(...linesOf(oldText, 'old'), ...linesOf(newText, 'new'));
  }
  return lines;
}

type Edit = { readonly oldText: string; readonly newText: string };

function editsIn(value: unknown): readonly Edit[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const isEdit = (each: Partial<Edit> | null): boolean =>
    typeof each?.oldText === 'string' &&
    typeof each.newText === 'string' &&
    // Whatever else it says would not be seen.
    Object.keys(each).length === 2;
  return value.every(isEdit) ? (value as Edit[]) : undefined;
}
