import { type Digest, digestOf } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { ListedTool } from './answer.ts';

/** What a model or a person is told of a tool, and what goes into it and comes out. */
const PINNED = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'];

/**
 * A digest that changes whenever a tool is presented as another than it was: with another text,
 * other arguments, or other claims about itself. Icons, `_meta` and unknown fields do not enter.
 * Undefined where the tool has no canonical form.
 */
export function toolPin(listed: ListedTool): Digest | undefined {
  const pinned: JsonObject = Object.fromEntries(
    PINNED.flatMap((field) =>
      Object.hasOwn(listed, field) ? [[field, listed[field] ?? null]] : [],
    ),
  );
  const digest = digestOf(pinned);
  return digest.ok ? digest.value : undefined;
}
