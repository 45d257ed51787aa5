import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts } from '@ioi/protocol';
import * as fc from 'fast-check';
import { type Subject, subjectOf } from './subject.ts';

function read(params: Record<string, unknown>, facts: ActionFacts = {}): Subject {
  const context = { agent_id: 'agent://a/b' };
  return subjectOf({ target: 'fs::write', params, context, nonce: '0' }, facts);
}

test('a request that names its host twice must name it the same', () => {
  assert.equal(read({ url: 'https://A.com/', host: 'a.com.' }).host, 'a.com');
  assert.equal(read({ url: 'https://a.com/', host: 'b.com' }).host, undefined);
  assert.equal(read({ url: 7, host: 'a.com' }).host, undefined);
  assert.equal(read({ url: 'https://a.com/', host: null }).host, undefined);
  assert.equal(read({ url: 7, host: 7 }).host, undefined);
  assert.deepEqual(read({ host: 'b.a.com' }).labels, ['com', 'a', 'b']);
});

test('every path of a request is read, and one that cannot be read is counted', () => {
  const facts = { workspace_root: '/w/' };
  const { paths, hasUnreadPath } = read(
    { path: '/w/a', source: '/s', destination: '/d', paths: ['/w', '/e'] },
    facts,
  );
  assert.deepEqual(
    paths.map(({ components }) => components.join('/')),
    ['w/a', 's', 'd', 'w', 'e'],
  );
  assert.deepEqual(
    paths.map(({ relative }) => relative),
    [['a'], undefined, undefined, [], undefined],
  );
  assert.ok(!hasUnreadPath);
  for (const params of [{}, { path: 7 }, { paths: [] }, { paths: '/a' }, { paths: ['/a', 'b'] }]) {
    assert.ok(read(params).hasUnreadPath, JSON.stringify(params));
  }
});

test('budgets are drawn by session, or by agent outside one', () => {
  assert.equal(read({}).agentId, 'agent://a/b');
  const session_id = `sha256:${'0'.repeat(64)}`;
  const context = { agent_id: 'agent://a/b', session_id };
  const subject = subjectOf({ target: 'a::b', params: {}, context, nonce: '0' }, {});
  assert.equal(subject.sessionId, session_id);
});

test('parameters and facts of any shape are read without a throw', () => {
  const names = ['path', 'paths', 'source', 'url', 'host', 'amount', 'text', 'app', 'intents'];
  const params = fc.dictionary(fc.constantFrom(...names), fc.anything());
  fc.assert(
    fc.property(params, fc.anything(), fc.anything(), (given, target_exists, workspace_root) => {
      const subject = read(given, { target_exists, workspace_root } as ActionFacts);
      assert.equal(typeof subject.hasUnreadPath, 'boolean');
      assert.ok([true, false, undefined].includes(subject.targetExists));
    }),
    { numRuns: 3000 },
  );
});
