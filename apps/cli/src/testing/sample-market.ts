import assert from 'node:assert/strict';
import type { Ran } from './run-ioi.ts';
import type { TestNode } from './test-node.ts';

export const MARKET = 'market.example';

export const serviceClass = {
  object_class: 'Service',
  schema_version: '1.0.0',
  schema: {
    type: 'object',
    fields: {
      name: { type: 'text', max_length: 80 },
      price: { type: 'integer', min: 0 },
    },
  },
};

export function sampleService(id: string, price = 1) {
  return { object_class: 'Service', id, value: { name: `Service ${id}`, price } };
}

/** One operation in the market, by the command line. */
export function submit(node: TestNode, operation: string, payload: object): Promise<Ran> {
  return node.ioi('domain', 'submit', MARKET, operation, '--payload', JSON.stringify(payload));
}

/** A market with a class and some services in it, put over the socket. */
export async function openMarket(node: TestNode, services: number): Promise<void> {
  const opened = await node.ioi('domain', 'open', MARKET);
  assert.equal(opened.code, 0, opened.stderr);
  const { domains } = node.daemon;
  await domains.submit(MARKET, { operation: 'objects/class.define', payload: serviceClass });
  await Promise.all(
    Array.from({ length: services }, (_, at) => {
      const payload = sampleService(`svc_${at}`, at);
      return domains.submit(MARKET, { operation: 'objects/put', payload });
    }),
  );
}
