import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingItem } from './desk.ts';
import { alikeAmong } from './page-alike.ts';

type About = { params: object; agent?: string; risk?: string; rule?: string; tool?: string };

function item(request_hash: string, about: About): PendingItem {
  const { params, agent = 'agent://a', risk = 'low', rule = 'ask', tool = 'write' } = about;
  return {
    request_hash,
    request: { target: 'fs::write', params, context: { agent_id: agent } },
    contract: { server: 'files', tool, risk_class: risk },
    receipt: { rule_id: rule },
  } as unknown as PendingItem;
}

test('what waits of equal shape is told together, with what differs', () => {
  const alike = alikeAmong([
    item('1', { params: { path: '/a', content: 'x' } }),
    item('2', { params: { content: 'x', path: '/b' } }),
    item('3', { params: { path: '/c\u202e', content: 'x' } }),
  ]);
  assert.deepEqual(alike.get('2'), { request_hashes: ['1', '2', '3'], differs: ['path'] });
  const hidden = alikeAmong([
    item('1', { params: { 'a\u202e': 1 } }),
    item('2', { params: { 'a\u202e': 2 } }),
  ]);
  assert.deepEqual(hidden.get('1')?.differs, ['a\\u{202e}']);
});

test('another agent, tool, rule, parameter or risk is another shape', () => {
  const params = { path: '/a' };
  const others: About[] = [
    { params, agent: 'agent://b' },
    { params, tool: 'edit' },
    { params, rule: 'ask_more' },
    { params: { path: '/a', mode: 1 } },
    { params, risk: 'high' },
  ];
  for (const other of others) {
    assert.equal(alikeAmong([item('1', { params }), item('2', other)]).size, 0);
  }
  const high = { params, risk: 'high' };
  assert.equal(alikeAmong([item('1', high), item('2', high)]).size, 0);
});

test('no more are told together than one looks through at once', () => {
  const many = Array.from({ length: 80 }, (_, at) => item(String(at), { params: { at } }));
  const alike = alikeAmong(many);
  assert.equal(alike.get('0')?.request_hashes.length, 50);
  assert.equal(alike.has('79'), false);
});
