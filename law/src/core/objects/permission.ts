import type { Author, Rejection, Stamp } from '@ioi/protocol';
import type { Change } from './change.ts';
import type { ClassDefinition } from './heads.ts';
import { formatPointer, valueAt } from './pointer.ts';
import { isSame } from './same.ts';
import { violated } from './violation.ts';

export function ownerOf(author: Author): ClassDefinition['owner'] {
  return author.kind === 'key' ? author.keyId : 'channel';
}

type Speaking = { readonly author: Author; readonly at: Stamp };

/** Why these changes may not be made by this author, or not now; undefined when they may. */
export function refusalOf(
  changes: readonly Change[],
  { author, at }: Speaking,
): Rejection | undefined {
  for (const change of changes) {
    const field = ownersFieldIn(change, ownerOf(author));
    if (field !== undefined) {
      const message = `${field} of ${change.objectClass} is written by its owner only`;
      return { code: 'object.owner_only', message };
    }
    for (const { definition, violation } of change.form.timed) {
      const fault = violation(change.base, change.value, at.chainTime);
      if (!fault) continue;
      return violated(definition, change, formatPointer(fault.steps), fault.message).error;
    }
  }
  return undefined;
}

function ownersFieldIn({ compiled, base, value }: Change, speaker: string): string | undefined {
  const { owner, owner_only } = compiled.head;
  if (value === undefined || owner_only.length === 0 || speaker === owner) return undefined;
  return owner_only.find((name) => !isSame(valueAt(base, [name]), valueAt(value, [name])));
}
