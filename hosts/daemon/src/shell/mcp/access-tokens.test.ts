import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AccessTokens } from './access-tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-tokens-'));
after(() => rmSync(folder, { recursive: true }));

test('a token stands for its name until it is revoked, and is written nowhere', () => {
  const path = join(folder, 'tokens.json');
  const token = new AccessTokens(path).issue('editor') ?? '';
  assert.equal(new AccessTokens(path).nameOf(token), 'editor');
  assert.equal(new AccessTokens(path).nameOf(`${token}x`), undefined);
  assert.ok(!readFileSync(path, 'utf8').includes(token.slice('ioi_'.length)));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const again = new AccessTokens(path).issue('editor') ?? '';
  assert.deepEqual(
    [token, again].map((each) => new AccessTokens(path).nameOf(each)),
    [undefined, 'editor'],
  );
  assert.equal(new AccessTokens(path).revoke('editor'), true);
  assert.equal(new AccessTokens(path).revoke('editor'), false);
  assert.equal(new AccessTokens(path).nameOf(again), undefined);
});

test('a name is no other part of an agent id, and none of a subject of elsewhere', () => {
  const tokens = new AccessTokens(join(folder, 'names.json'));
  for (const name of ['', 'A', 'a/b', '../a', 'a b', `a${'b'.repeat(64)}`, 'sub-0a1b']) {
    assert.equal(tokens.issue(name), undefined, name);
  }
});

test('what one person lets in takes the room of nobody else', () => {
  const tokens = new AccessTokens(join(folder, 'many.json'));
  const [ada, bob] = ['a', 'b'].map((each) => `sub-${each.repeat(32)}`) as [string, string];
  const named = Array.from({ length: 33 }, (_, at) => `${ada}-n${at}`);
  const given = named.map((name) => tokens.issue(name, ada) !== undefined);
  assert.deepEqual([given.slice(0, 32).every(Boolean), given[32]], [true, false]);
  assert.ok(tokens.issue(named[0] ?? '', ada), 'in place of one of that name');
  assert.ok(tokens.issue(`${bob}-n0`, bob) && tokens.issue('editor'));
});

test('a damaged file lets nobody in, and is named', () => {
  const path = join(folder, 'damaged.json');
  for (const text of ['{', '{"tokens":[{"name":"a","hash":"x","created":""}]}', 'null']) {
    writeFileSync(path, text);
    assert.throws(() => new AccessTokens(path), { code: 'config.invalid' });
  }
});
