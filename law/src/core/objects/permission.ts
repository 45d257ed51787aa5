import { err, type Result } from '@ioi/basis';
import type { Author, Rejection, Stamp, View } from '@ioi/protocol';
import type { Change } from './change.ts';
import { type ClassDefinition, type ClassHead, keys } from './heads.ts';
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

/**
 * What changes the form of classes, unless one of them keeps fields for an owner who is not this
 * author: constraints and invariants are as good as the fields they look at.
 */
export function byOwner<T>(
  decided: Result<T, Rejection>,
  classes: readonly string[],
  { view, author }: { readonly view: View; readonly author: Author },
): Result<T, Rejection> {
  if (!decided.ok) return decided;
  const refused = classes.map((name) => refusalOfForm(name, view, author));
  const rejection = refused.find((each) => each !== undefined);
  return rejection ? err(rejection) : decided;
}

/** Why the form of a class that keeps fields for its owner is not this author's to change. */
function refusalOfForm(objectClass: string, view: View, author: Author): Rejection | undefined {
  const head = view.get<ClassHead>(keys.objectClass(objectClass));
  const isOpen = !head || head.owner_only.length === 0 || head.owner === ownerOf(author);
  if (isOpen) return undefined;
  const message = `${objectClass} keeps ${head.owner_only.join(', ')} for its owner`;
  return { code: 'object.owner_only', message };
}

/** A field that goes with its object is written as well: it could be put again without. */
function ownersFieldIn({ compiled, base, value }: Change, speaker: string): string | undefined {
  const { owner, owner_only } = compiled.head;
  if (owner_only.length === 0 || speaker === owner) return undefined;
  return owner_only.find((name) => !isSame(valueAt(base, [name]), valueAt(value, [name])));
}
