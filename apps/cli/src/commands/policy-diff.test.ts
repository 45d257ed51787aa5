import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runIoi } from '../testing/run-ioi.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-diff-'));
after(() => rmSync(folder, { recursive: true }));

const writing = { rule_id: 'write', target: 'fs::write', action: 'ALLOW' };
const wide = saved('wide.json', [{ ...writing, conditions: { allow_paths: ['/w', '/v'] } }]);
const narrow = saved('narrow.json', [{ ...writing, conditions: { allow_paths: ['/w'] } }]);

function saved(name: string, rules: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ policy_id: 'test', defaults: 'deny_all', rules }));
  return path;
}

function ioi(...args: string[]): ReturnType<typeof runIoi> {
  return runIoi(args, { env: { IOI_HOME: join(folder, 'home') } });
}

test('a diff says which requests are decided otherwise, with rules and a verdict', async () => {
  const widened = await ioi('policy', 'diff', narrow, wide);
  assert.equal(widened.code, 0, widened.stderr);
  assert.match(widened.stdout, /^Allowed now\n {2}fs::write path=\/v\n/);
  assert.match(widened.stdout, /was BLOCK \(no rule matches\), becomes ALLOW \(write\)/);
  assert.match(widened.stdout, /^widens: some requests go further$/m);
  const tightened = JSON.parse((await ioi('policy', 'diff', wide, narrow, '--json')).stdout);
  assert.equal(tightened.inclusion.verdict, 'included');
  assert.equal(tightened.differences.examples[0].after.verdict, 'BLOCK');
  assert.match((await ioi('policy', 'diff', wide, wide)).stdout, /decided as before/);
});

test('a certificate is written where nothing widens, and verified by itself', async () => {
  const file = join(folder, 'certificate.json');
  const made = await ioi('policy', 'diff', wide, narrow, '--certificate', file);
  assert.match(made.stdout, /^certificate: /m);
  const good = await ioi('policy', 'diff', '--verify', file);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /^verified: sha256:/);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"cells":', '"cells":1'));
  const bad = await ioi('policy', 'diff', '--verify', file);
  assert.deepEqual([bad.code, bad.stdout.slice(0, 13)], [12, 'not verified:']);
  const none = await ioi('policy', 'diff', narrow, wide, '--certificate', join(folder, 'no'));
  assert.match(none.stdout, /^no certificate/m);
});

test('a diff of what is not there says so', async () => {
  assert.equal((await ioi('policy', 'diff', wide)).code, 2);
  assert.equal((await ioi('policy', 'diff', wide, join(folder, 'nowhere'))).code, 2);
  assert.equal((await ioi('policy', 'diff', '--verify', join(folder, 'nowhere'))).code, 2);
});
