import { err, ok, type Result } from '@ioi/basis';

export type NoMatch = {
  readonly code: 'id.too_short' | 'id.unknown' | 'id.ambiguous';
  readonly message: string;
};

const FEWEST = 4;
const HASH = 'sha256:';

/**
 * The one id a person means by its beginning. `sha256:` may be left out; at least four
 * characters after it are wanted, since an approval must never hit a neighbour by accident.
 */
export function matchId(given: string, ids: readonly string[]): Result<string, NoMatch> {
  const beginning = given.startsWith(HASH) ? given : `${HASH}${given}`;
  if (beginning.length < HASH.length + FEWEST) {
    const message = `"${given}" is too short: give at least ${FEWEST} characters of the id`;
    return err({ code: 'id.too_short', message });
  }
  const exact = ids.find((id) => id === beginning);
  const found = exact === undefined ? ids.filter((id) => id.startsWith(beginning)) : [exact];
  const [first, second] = found;
  if (first === undefined) {
    return err({ code: 'id.unknown', message: `nothing waits under "${given}"` });
  }
  if (second !== undefined) {
    const message = `"${given}" fits ${found.length} requests: give more of the id`;
    return err({ code: 'id.ambiguous', message });
  }
  return ok(first);
}

/** Enough of a hash or receipt id to be told apart by a person, and accepted back. */
export function shortId(id: string): string {
  if (id.startsWith(HASH)) return id.slice(HASH.length, HASH.length + 12);
  return /^[a-z]+_[0-9a-f]{32}$/.test(id) ? id.slice(0, id.indexOf('_') + 13) : id;
}
