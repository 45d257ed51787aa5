const OTHERWISE = 50;

/** How many a page may have: what was asked for, where that is a number at all, up to `most`. */
export function pageSize(asked: string | undefined, most: number): number {
  const limit = Math.trunc(Number(asked));
  return limit >= 1 ? Math.min(limit, most) : OTHERWISE;
}
