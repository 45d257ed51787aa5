import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEvery, nextLookMs } from './schedule.ts';
import { placeOf } from './source.ts';

test('a source is a folder, an address or a repository, and nothing else', () => {
  const folder = { kind: 'folder', path: '/srv/org' };
  assert.deepEqual(placeOf('/srv/org'), folder);
  const url = 'https://example.org/ioi/ioi-organisation.json';
  assert.deepEqual(placeOf('https://example.org/ioi/'), { kind: 'web', url });
  assert.deepEqual(placeOf(url), { kind: 'web', url });
  assert.equal(placeOf('http://127.0.0.1:8000/x')?.kind, 'web');
  for (const [source, address = source] of [
    ['https://example.org/team/rules.git'],
    ['git@example.org:team/rules.git'],
    ['ssh://git@example.org/rules'],
    ['git+https://example.org/rules', 'https://example.org/rules'],
    ['git+file:///srv/rules', 'file:///srv/rules'],
    ['/srv/rules.git'],
  ] as const) {
    assert.deepEqual(placeOf(source), { kind: 'git', address });
  }
  const refused = ['http://example.org/x', 'ftp://example.org', 'rules', '../rules', ''];
  const hostile = ['--upload-pack=sh', 'ext::sh -c x', 'git+ext::sh', '-@h:x', '/a\nb', 'a@-b:c'];
  const telling = ['https://t@h.example/r.git', 'git+https://a:b@h.example/r', 'ssh://a:b@h/r'];
  for (const source of [...refused, ...hostile, ...telling])
    assert.equal(placeOf(source), undefined, source);
});

test('after failures it is looked less often, and never less than hourly unless so told', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 40].map((failures) => nextLookMs(300_000, failures) / 60_000),
    [5, 10, 20, 40, 60, 60],
  );
  assert.equal(nextLookMs(7_200_000, 9), 7_200_000);
  assert.deepEqual([1_999, 2_000, 2_000.5, 86_400_000, 86_400_001].map(isEvery), [
    false,
    true,
    false,
    true,
    false,
  ]);
});
