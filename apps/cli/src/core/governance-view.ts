import type { GovernanceReview } from '@ioi/protocol';
import { type Column, tabbed, table } from './columns.ts';
import { shortId } from './match-id.ts';
import type { Paint } from './paint.ts';
import { visible } from './visible.ts';

type Row = Readonly<Record<string, unknown>>;

/** Exactly what is to be signed, in the guardian's words, and whether it widens. */
export function reviewLines(review: GovernanceReview, paint: Paint): string[] {
  const lines = [`to sign: ${paint('bold', visible(review.operation))}`];
  for (const word of review.words) lines.push(`  ${paintedWord(word, paint)}`);
  const inclusion = inclusionText(review);
  if (inclusion !== undefined) lines.push(paint(review.step_up ? 'yellow' : 'dim', inclusion));
  return lines;
}

function paintedWord(word: string, paint: Paint): string {
  if (word.startsWith('+ ')) return paint('green', visible(word));
  return word.startsWith('- ') ? paint('red', visible(word)) : visible(word);
}

function inclusionText({ inclusion, step_up: isStepUp }: GovernanceReview): string | undefined {
  if (isStepUp) {
    return (
      'This counts as widening: it cannot be shown not to allow more than before. Your ' +
      'passphrase approves exactly this.'
    );
  }
  if (inclusion === 'narrower') return 'It narrows: capabilities only go.';
  if (inclusion === 'unchanged') return 'It does not widen: capabilities, policy and mount stay.';
  return inclusion === undefined ? undefined : 'Nothing takes effect by this.';
}

/** A column of a listing: its title, what it shows of a row, and how wide it gets. */
export type Shown = Column & { readonly of: string; readonly isId?: boolean };

export function listLines(shown: readonly Shown[], rows: readonly Row[], isPlain: boolean) {
  const cells = rows.map((row) =>
    shown.map(({ of, isId }) => {
      const text = textOf(row[of]);
      return isId === true && !isPlain ? shortId(text) : text;
    }),
  );
  if (isPlain) return tabbed(cells);
  return cells.length === 0 ? ['none'] : table(shown, cells);
}

/** Every field of a row that has a value, a line each. */
export function recordLines(row: Row): string[] {
  const fields = Object.entries(row).filter(([, value]) => textOf(value) !== '');
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${visible(textOf(value))}`);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return value.join(' ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
