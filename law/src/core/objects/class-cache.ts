import { assert, BoundedMap } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { View } from '@ioi/protocol';
import { compileForm, type Form } from './form.ts';
import { type ClassHead, keys } from './heads.ts';

/** A class as it stands, and its forms compiled. */
export type CompiledClass = {
  readonly head: ClassHead;
  /** What writes must fit. */
  readonly form: Form;
  /** Of objects that a running migration has not reached. */
  readonly source?: Form;
};

/** Compiled classes by the hash of their definition. */
export type ClassCache = { compiled(name: string, view: View): CompiledClass | undefined };

/** Holds the classes used last; a class that is not defined is undefined. */
export function classCache(): ClassCache {
  const held = new BoundedMap<Digest, CompiledClass>(256);
  return {
    compiled(name, view) {
      const head = view.get<ClassHead>(keys.objectClass(name));
      if (!head) return undefined;
      const known = held.get(head.definition_hash);
      if (known) return known;
      const compiled = compileClass(head);
      held.set(head.definition_hash, compiled);
      return compiled;
    },
  };
}

function compileClass(head: ClassHead): CompiledClass {
  const form = compileForm(head, head.aggregates);
  const source = head.migration && compileForm(head.migration.source, head.aggregates);
  assert(form.ok && source?.ok !== false, 'what was defined compiles');
  return { head, form: form.value, ...(source ? { source: source.value } : {}) };
}
