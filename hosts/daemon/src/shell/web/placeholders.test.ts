import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebAct } from '@ioi/gateway';
import { placeholderOf } from '@ioi/wallet/client';
import { carryingOf } from './placeholders.ts';

const [one, other] = ['0a', '0b'].map((each, at) => ({
  name: `key-${at}`,
  origin: 'https://a.example',
  placeholder: placeholderOf(each.repeat(20)),
}));
const { placeholder = '' } = one ?? {};
const act = (changed: Partial<WebAct>): WebAct => ({
  method: 'POST',
  url: 'https://a.example/x',
  headers: [],
  ...changed,
});
const codeOf = (changed: Partial<WebAct>): string => {
  const carrying = carryingOf(
    act(changed),
    [one, other].filter((each) => each !== undefined),
  );
  return carrying.kind === 'refused' ? carrying.refusal.code : carrying.kind;
};

test('a placeholder stands for its secret in a header, at its origin, and nowhere else', () => {
  const headers = [['authorization', `Bearer ${placeholder}`]] as const;
  assert.equal(codeOf({}), 'plain');
  assert.equal(codeOf({ headers }), 'secret');
  const basic = Buffer.from(`${placeholder}:`).toString('base64');
  assert.equal(codeOf({ headers: [['authorization', `Basic ${basic}`]] }), 'secret');
  for (const url of ['https://b.example/', 'http://a.example/', 'https://a.example:8443/']) {
    assert.equal(codeOf({ headers, url }), 'web.placeholder_elsewhere', url);
  }
  const spelt = placeholder.replace('s', '%73');
  for (const each of [placeholder, spelt]) {
    const url = `https://a.example/?key=${each}`;
    assert.equal(codeOf({ headers, url }), 'web.placeholder_in_url');
  }
  const body = Buffer.from(`{"key":"${placeholder}"}`);
  assert.equal(codeOf({ body }), 'web.placeholder_in_body');
  assert.equal(codeOf({ headers: [['user-agent', placeholder]] }), 'web.placeholder_header');
  const twice = [...headers, ['x-api-key', other?.placeholder ?? ''] as const];
  assert.equal(codeOf({ headers: twice }), 'web.placeholder_twice');
});
