import { usageFault } from './fault.ts';

const FEWEST = 4;

/** The one id a person means by its beginning; what stands before the `_` may be left out. */
export function findAuthority(given: string, ids: readonly string[], list: string): string {
  const digits = given.slice(given.indexOf('_') + 1);
  if (digits.length < FEWEST)
    throw usageFault(`give at least ${FEWEST} characters of the id`, list);
  const found = ids.filter((id) => id.startsWith(given) || id.split('_')[1]?.startsWith(given));
  const [first, second] = found;
  if (first === undefined) throw usageFault(`nothing in force is known as ${given}`, list);
  if (second !== undefined)
    throw usageFault(`${given} fits ${found.length}: give more of it`, list);
  return first;
}
