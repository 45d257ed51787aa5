import { assert, BoundedMap } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { View } from '@ioi/protocol';
import { compileForm, type Form } from './form.ts';
import { type ClassHead, type InvariantHead, keys } from './heads.ts';
import { type CompiledInvariant, compileInvariant } from './invariant.ts';
import type { JsonObject } from './pointer.ts';

/** A class as it stands, and its forms compiled. */
export type CompiledClass = {
  readonly head: ClassHead;
  /** What writes must fit. */
  readonly form: Form;
  /** Of objects that a running migration has not reached. */
  readonly source?: Form;
};

/** Compiled classes and invariants, by the hash of their definition. */
export type ClassCache = {
  compiled(name: string, view: View): CompiledClass | undefined;
  invariant(id: string, view: View): CompiledInvariant | undefined;
};

/** Holds those used last; what is not defined is undefined. */
export function classCache(): ClassCache {
  const held = new BoundedMap<Digest, CompiledClass>(256);
  const invariants = new BoundedMap<Digest, CompiledInvariant>(256);
  return {
    invariant(id, view) {
      const head = view.get<InvariantHead>(keys.invariant(id));
      if (head?.state !== 'active' || !head.definition.expression) return undefined;
      const known = invariants.get(head.definition_hash);
      if (known) return known;
      const compiled = compileInvariant(head.definition.expression as JsonObject);
      assert(compiled.ok, 'what was defined compiles');
      invariants.set(head.definition_hash, compiled.value);
      return compiled.value;
    },
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
