import type { HeadChange, HeadKey, Stamp, View } from '@ioi/protocol';
import type { EventOf, ObjectEvent } from './events.ts';
import { evolveClass, touchedByClass } from './evolve-class.ts';
import { keys, type ObjectHead } from './heads.ts';
import { applyIndex, keyOf } from './indexes.ts';

/** Keys an event changes, or reads to change them. */
export function touches(event: ObjectEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'object.put':
    case 'object.deleted':
      return [keys.object(event.object_class, event.id), ...event.indexes.map(keyOf)];
    case 'reference.bound':
      return [keys.reference(event.reference.ref_id)];
    case 'artifact.attached':
      return [keys.artifact(event.artifact.artifact_id)];
    default:
      return touchedByClass(event);
  }
}

/** The fold: how each event changes the heads (design section 4). Pure and total. */
export function evolve(view: View, event: ObjectEvent, at: Stamp): readonly HeadChange[] {
  switch (event.type) {
    case 'object.put':
      return [objectPut(view, event, at), ...indexed(view, event)];
    case 'object.deleted': {
      const key = keys.object(event.object_class, event.id);
      return [{ key, value: undefined }, ...indexed(view, event)];
    }
    case 'reference.bound':
      return [{ key: keys.reference(event.reference.ref_id), value: event.reference }];
    case 'artifact.attached':
      return [{ key: keys.artifact(event.artifact.artifact_id), value: event.artifact }];
    default:
      return evolveClass(view, event, at.seq);
  }
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
