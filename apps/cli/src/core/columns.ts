import { clipped, visible, widthOf } from './visible.ts';

export type Column = {
  readonly title: string;
  /** Widest it may get; the last column is never padded. */
  readonly most: number;
};

/** Rows under titles, aligned. Cells are made safe to print; none is wider than its column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const cells = rows.map((row) => columns.map(({ most }, at) => clipped(row[at] ?? '', most)));
  const all = [titles, ...cells];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => widthOf(row[at] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, at) => padded(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** For scripts: one row a line, cells parted by tabs, nothing cut, no titles. */
export function tabbed(rows: readonly (readonly string[])[]): string[] {
  return rows.map((row) => row.map(visible).join('\t'));
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}
