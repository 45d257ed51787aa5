import type { ProjectionDefinition } from '@ioi/protocol';

/** Every governed object as it stands, whatever its class; its members are in `value`. */
export const objectProjections: readonly ProjectionDefinition[] = [
  {
    projection: 'projection://*/objects',
    version: '1.0.0',
    summary: 'Governed objects as they stand.',
    kind: 'relational',
    columns: [
      { name: 'object_class', type: 'text' },
      { name: 'id', type: 'text' },
      { name: 'version', type: 'integer' },
      { name: 'schema_version', type: 'text' },
      { name: 'value', type: 'json' },
      { name: 'changed_seq', type: 'integer' },
    ],
    key: ['object_class', 'id'],
    rules: [
      {
        on: 'object.put',
        key: ['/event/object_class', '/event/id'],
        set: {
          version: '/event/version',
          schema_version: '/event/schema_version',
          value: '/event/value',
          changed_seq: '/entry/seq',
        },
      },
      { on: 'object.deleted', key: ['/event/object_class', '/event/id'], delete: true },
    ],
  },
];
