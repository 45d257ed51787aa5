import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { HeadKey } from '@ioi/protocol';
import type { HeadOverlay } from '../ledger/heads.ts';
import type { ReferenceChange } from './events.ts';
import { type ClassDefinition, type ClassHead, type ConstraintHead, keys } from './heads.ts';

/** A class as it stands after a change, under the digest of all it says. */
export function setClass(heads: HeadOverlay, name: string, definition: ClassDefinition): void {
  const value: ClassHead = { ...definition, definition_hash: hashOf(definition) };
  heads.apply([{ key: keys.objectClass(name), value }]);
}

export function hashOf(definition: object) {
  const hash = digestOf(definition);
  assert(hash.ok, 'a definition has a canonical form');
  return hash.value;
}

export type Revised = Partial<ClassDefinition>;

export function reviseClass(
  heads: HeadOverlay,
  name: string,
  revise: (definition: ClassDefinition) => Revised,
): void {
  const head = heads.get<ClassHead>(keys.objectClass(name));
  assert(head !== undefined, 'what changes is defined');
  const { definition_hash: _, ...definition } = head;
  setClass(heads, name, { ...definition, ...revise(definition) });
}

/** Constraints of a class come into force; classes they refer to count the references. */
export function beginConstraints(
  heads: HeadOverlay,
  object_class: string,
  ids: readonly string[],
  references: readonly ReferenceChange[],
): void {
  for (const id of ids) {
    const value: ConstraintHead = { object_class, state: 'active' };
    heads.apply([{ key: keys.constraint(id), value }]);
  }
  for (const { target_class, constraint_id, enforcement_mode } of references) {
    reviseClass(heads, target_class, ({ referenced_by }) => ({
      referenced_by: [...referenced_by, { constraint_id, enforcement_mode }],
    }));
  }
}

export function endConstraints(
  heads: HeadOverlay,
  object_class: string,
  ids: readonly string[],
  references: readonly ReferenceChange[],
): void {
  for (const id of ids) {
    const value: ConstraintHead = { object_class, state: 'dropped' };
    heads.apply([{ key: keys.constraint(id), value }]);
  }
  for (const { target_class, constraint_id } of references) {
    reviseClass(heads, target_class, ({ referenced_by }) => ({
      referenced_by: referenced_by.filter((each) => each.constraint_id !== constraint_id),
    }));
  }
}

export function targetsOf(references: readonly ReferenceChange[]): HeadKey[] {
  return references.map((each) => keys.objectClass(each.target_class));
}
