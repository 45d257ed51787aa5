import { canonicalJson, type Json } from '@ioi/canon';

/** Whether two values have one canonical form; what is absent is the same as what is absent. */
export function isSame(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  const [a, b] = [canonicalJson(left), canonicalJson(right)];
  return a.ok && b.ok && a.value === b.value;
}
