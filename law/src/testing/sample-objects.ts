import { TestDomain } from './test-domain.ts';

/** The class of the samples: what a market lists. */
export const serviceClass = {
  object_class: 'Service',
  schema_version: '1.0.0',
  schema: {
    type: 'object',
    fields: {
      name: { type: 'text', min_length: 1, max_length: 80 },
      price_cents: { type: 'integer', min: 0 },
      state: { type: 'enum', values: ['draft', 'listed', 'retired'] },
      owner: { type: 'ref', object_class: 'Owner' },
    },
  },
} as const;

const STATES = serviceClass.schema.fields.state.values;

/** The service that `sampleObjects` puts at this place. */
export function sampleService(at: number) {
  return {
    object_class: 'Service',
    id: `svc_${at}`,
    value: {
      name: `Service ${at}`,
      price_cents: (at * 37) % 1_000,
      state: STATES[at % STATES.length]!,
      owner: `owner_${at % 7}`,
    },
  };
}

/** A domain with the class Service and this many services, each put by one operation. */
export function sampleObjects(count: number, domain: TestDomain = new TestDomain()): TestDomain {
  domain.must('class.define', serviceClass);
  for (let at = 0; at < count; at += 1) domain.must('put', sampleService(at));
  return domain;
}
