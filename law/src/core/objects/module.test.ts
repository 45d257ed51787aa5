import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import { sampleObjects, sampleService, serviceClass, TestDomain } from '../../testing/index.ts';
import { type ClassHead, OBJECTS, type ObjectHead, objectKeys, objectsModule } from './index.ts';

test('the module is named by what it is: name, version and operations', () => {
  const { name, version, moduleHash, operations } = objectsModule();
  const manifest = { name, version, operations: Object.keys(operations) };
  const hash = digestOf(manifest);
  assert.ok(hash.ok && name === OBJECTS && moduleHash === hash.value);
  assert.equal(objectsModule().moduleHash, moduleHash);
});

test('channel and keys speak every operation, the guardian none', () => {
  for (const [name, operation] of Object.entries(objectsModule().operations)) {
    assert.deepEqual(operation.authors, ['channel', 'key'], name);
  }
});

test('samples are services, each put by one operation', () => {
  const domain = sampleObjects(20);
  assert.equal(domain.entries.length, 21);
  const head = domain.head<ObjectHead>(objectKeys.object('Service', 'svc_19'));
  assert.deepEqual(head?.value, sampleService(19).value);
  const defined = domain.head<ClassHead>(objectKeys.objectClass('Service'));
  assert.deepEqual(defined?.schema, serviceClass.schema);
});

test('a class is defined once, and by a schema that can be read', () => {
  const domain = new TestDomain();
  const define = (change: object) => domain.verdict('class.define', { ...serviceClass, ...change });
  assert.equal(define({ schema: { type: 'text' } }), 'class.invalid_schema');
  assert.equal(define({ schema: { type: 'object', fields: { A: 1 } } }), 'class.invalid_schema');
  assert.equal(define({ schema_version: '1.0' }), 'operation.invalid_payload');
  assert.equal(define({}), 'admitted');
  assert.equal(define({ schema_version: '2.0.0' }), 'class.exists');
});
