const OTHERWISE = 50;

/** How many a page may have: what was asked for, where that is a number at all, up to `most`. */
export function pageSize(asked: string | undefined, most: number): number {
  const limit = Math.trunc(Number(asked));
  return limit >= 1 ? Math.min(limit, most) : OTHERWISE;
}

const MOST = 1000;

/** The same for lists that were told whole before there were pages, and still are unless asked. */
export function pageMost(asked: string | undefined): number | undefined {
  return asked === undefined ? undefined : pageSize(asked, MOST);
}
