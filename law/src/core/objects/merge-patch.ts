import type { Json } from '@ioi/canon';
import { isObject } from './pointer.ts';

/** RFC 7386: members of the patch replace, null removes, objects merge. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  // A Map, because a member may be named like what every object inherits.
  const merged = new Map<string, Json>(isObject(target) ? Object.entries(target) : []);
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), member));
  }
  return Object.fromEntries(merged);
}
