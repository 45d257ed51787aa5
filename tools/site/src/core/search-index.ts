import type { Page } from './page.ts';
import { placeOf } from './paths.ts';

/** A section of a page cannot grow the index without end: tables of the reference are long. */
const LONGEST = 400;

/** One row for each section: where, the page, the heading, and what is said there. */
export type IndexRow = readonly [where: string, page: string, heading: string, text: string];

export function searchIndex(pages: readonly Page[]): string {
  const rows = pages.flatMap((page) => {
    return page.sections.map(({ heading, text }): IndexRow => {
      const place = placeOf(page.path) ?? '';
      const where = heading.level === 1 ? place : `${place}#${heading.id}`;
      return [where, page.title, heading.text, text.slice(0, LONGEST)];
    });
  });
  return JSON.stringify(rows);
}
