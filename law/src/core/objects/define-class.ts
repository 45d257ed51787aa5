import { err, ok } from '@ioi/basis';
import { type DefineClass, isDefineClass, type Operation } from '@ioi/protocol';
import type { ObjectEvent } from './events.ts';
import { compileForm } from './form.ts';
import { COUNT, keys } from './heads.ts';
import { ownerOf } from './permission.ts';
import { formatPointer, type JsonObject } from './pointer.ts';

export const defineClass: Operation<DefineClass, ObjectEvent> = {
  authors: ['channel', 'key'],
  accepts: isDefineClass,
  reads: ({ object_class }) => [keys.objectClass(object_class)],
  needs: () => [],
  decide: ({ object_class, schema_version, schema, owner_only = [] }, { view, author }) => {
    if (view.get(keys.objectClass(object_class))) {
      const message = `${object_class} is defined; a migration changes it`;
      return err({ code: 'class.exists', message });
    }
    const definition = {
      schema_version,
      schema: schema as JsonObject,
      constraints: [],
      owner: ownerOf(author),
      owner_only,
      aggregates: [COUNT],
      invariants: [],
      referenced_by: [],
    };
    const form = compileForm(definition, definition.aggregates);
    if (!form.ok) {
      const { steps, message } = form.error;
      return err({ code: 'class.invalid_schema', message: `${formatPointer(steps)}: ${message}` });
    }
    const unknown = owner_only.find((name) => !form.value.declared.fields?.has(name));
    if (unknown !== undefined) {
      return err({ code: 'class.invalid_schema', message: `owner_only: no field ${unknown}` });
    }
    return ok([{ type: 'class.defined', object_class, definition }]);
  },
};
