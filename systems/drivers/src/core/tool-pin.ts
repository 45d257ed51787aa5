import { type Digest, digestOf } from '@ioi/canon';
import type { ListedTool } from './answer.ts';

/** Neither is read by a model, and what is in them may be another each time. */
const UNPINNED = ['icons', '_meta'];

/**
 * A digest that changes whenever a tool is presented as another than it was: with another text,
 * other arguments, other claims about itself, or in words no revision knows yet. Undefined where
 * the tool has no canonical form.
 */
export function toolPin(listed: ListedTool): Digest | undefined {
  const pinned = Object.entries(listed).filter(([field]) => !UNPINNED.includes(field));
  const digest = digestOf(Object.fromEntries(pinned));
  return digest.ok ? digest.value : undefined;
}
