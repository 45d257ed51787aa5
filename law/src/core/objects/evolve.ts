import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { HeadChange, HeadKey, Stamp, View } from '@ioi/protocol';
import type { EventOf, ObjectEvent } from './events.ts';
import { type ClassDefinition, type ClassHead, keys, type ObjectHead } from './heads.ts';
import { applyIndex, keyOf } from './indexes.ts';

/** Keys an event changes, or reads to change them. */
export function touches(event: ObjectEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'class.defined':
      return [keys.objectClass(event.object_class)];
    case 'object.put':
    case 'object.deleted':
      return [keys.object(event.object_class, event.id), ...event.indexes.map(keyOf)];
    default:
      return [];
  }
}

/** The fold: how each event changes the heads (design section 4). Pure and total. */
export function evolve(view: View, event: ObjectEvent, at: Stamp): readonly HeadChange[] {
  switch (event.type) {
    case 'class.defined':
      return [classChange(event.object_class, event.definition)];
    case 'object.put':
      return [objectPut(view, event, at), ...indexed(view, event)];
    case 'object.deleted':
      return [
        { key: keys.object(event.object_class, event.id), value: undefined },
        ...indexed(view, event),
      ];
    default:
      return [];
  }
}

/** A class as it stands after a change, under the digest of all it says. */
function classChange(name: string, definition: ClassDefinition): HeadChange {
  const hash = digestOf(definition);
  assert(hash.ok, 'a definition has a canonical form');
  const value: ClassHead = { ...definition, definition_hash: hash.value };
  return { key: keys.objectClass(name), value };
}

function objectPut(view: View, event: EventOf<'object.put'>, at: Stamp): HeadChange {
  const key = keys.object(event.object_class, event.id);
  const earlier = view.get<ObjectHead>(key);
  const seq = String(at.seq);
  const original = event.keeps_original ? originalOf(earlier, event) : undefined;
  const value: ObjectHead = {
    version: event.version,
    schema_version: event.schema_version,
    value: event.value,
    created_seq: earlier?.created_seq ?? seq,
    updated_seq: seq,
    ...(original ? { original } : {}),
  };
  return { key, value };
}

function originalOf(earlier: ObjectHead | undefined, event: EventOf<'object.put'>) {
  if (!earlier || earlier.schema_version === event.schema_version) return earlier?.original;
  return { schema_version: earlier.schema_version, value: earlier.value };
}

function indexed(view: View, event: EventOf<'object.put' | 'object.deleted'>): HeadChange[] {
  return event.indexes.map((change) => applyIndex(view, change, event.id));
}
