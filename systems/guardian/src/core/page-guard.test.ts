import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asking, guardRequest, placeOf } from './page-guard.ts';

const place = placeOf('http://localhost:4747');
const act: Asking = {
  method: 'POST',
  path: '/api/inbox',
  headers: {
    host: 'localhost:4747',
    origin: 'http://localhost:4747',
    'sec-fetch-site': 'same-origin',
    'sec-fetch-dest': 'empty',
    'content-type': 'application/json',
  },
};
const opened: Asking = {
  method: 'GET',
  path: '/',
  headers: { host: 'localhost:4747', 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' },
};

function answer(asking: Asking, changed: Asking['headers'] = {}): string {
  const guarded = guardRequest({ ...asking, headers: { ...asking.headers, ...changed } }, place);
  return guarded.ok ? guarded.value.kind : guarded.error;
}

test('the page is asked by its own name, from its own origin, by nobody else', () => {
  assert.equal(answer(act), 'act');
  assert.equal(answer(opened), 'asset');
  for (const host of ['127.0.0.1:4747', 'localhost', 'evil.example:4747', '[::1]:4747']) {
    assert.equal(answer(act, { host }), 'page.wrong_host');
    assert.equal(answer(opened, { host }), 'page.wrong_host');
  }
  for (const origin of ['http://localhost:4748', 'http://127.0.0.1:4747', 'null', undefined]) {
    assert.equal(answer(act, { origin }), 'page.wrong_origin');
  }
  for (const site of ['same-site', 'cross-site', 'none', undefined]) {
    assert.equal(answer(act, { 'sec-fetch-site': site }), 'page.cross_site');
  }
  for (const site of ['same-site', 'cross-site', undefined]) {
    assert.equal(answer(opened, { 'sec-fetch-site': site }), 'page.cross_site');
  }
  const returned = { ...opened, path: '/signed-in?code=c&state=s' };
  for (const site of ['cross-site', 'same-site', 'none']) {
    assert.equal(answer(returned, { 'sec-fetch-site': site }), 'asset');
    assert.notEqual(
      answer(returned, { 'sec-fetch-site': site, 'sec-fetch-dest': 'iframe' }),
      'asset',
    );
    assert.notEqual(answer({ ...returned, method: 'POST' }, { 'sec-fetch-site': site }), 'asset');
    const near = { ...returned, path: '/signed-in.mjs?x' };
    assert.notEqual(answer(near, { 'sec-fetch-site': 'cross-site' }), 'asset');
  }
  assert.equal(answer(opened, { 'sec-fetch-dest': 'iframe' }), 'page.framed');
  assert.equal(answer(act, { 'sec-fetch-dest': 'document' }), 'page.not_fetched');
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
    assert.equal(answer(act, { 'content-type': type }), 'page.not_json');
  }
  assert.equal(answer(act, { upgrade: 'websocket' }), 'page.no_upgrade');
  for (const method of ['PUT', 'OPTIONS', 'HEAD', 'TRACE', 'DELETE']) {
    assert.equal(answer({ ...act, method }), 'page.wrong_method');
  }
});

test('the page beside is opened by whoever likes, and in nobody’s frame', () => {
  const beside = { ...opened, path: '/beside' };
  for (const site of ['cross-site', 'same-site', 'same-origin', 'none']) {
    assert.equal(answer(beside, { 'sec-fetch-site': site }), 'asset');
    assert.notEqual(
      answer({ ...beside, path: '/beside.mjs' }, { 'sec-fetch-site': site }),
      'asset',
    );
    for (const framed of ['iframe', 'frame', 'object', 'embed', 'script', 'empty']) {
      const to = { 'sec-fetch-site': site, 'sec-fetch-dest': framed };
      const isOwn = site === 'same-origin' || site === 'none';
      const isPart = isOwn && ['script', 'empty'].includes(framed);
      assert.equal(answer(beside, to) === 'asset', isPart);
    }
  }
  assert.equal(answer(beside, { host: '127.0.0.1:4747' }), 'page.wrong_host');
  assert.equal(
    answer({ ...act, path: '/beside' }, { origin: 'http://127.0.0.1:1' }),
    'page.wrong_origin',
  );
});
