import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Backups } from './backups.ts';

/** Stands where `ioi` does: it takes the same words, and notes what it made. */
const PROGRAM = `
import { mkdirSync, writeFileSync } from 'node:fs';
const [, , word, to, file, json] = process.argv;
const home = process.env.IOI_HOME;
if (word !== 'backup' || to !== '--to' || json !== '--json') process.exit(9);
if (home.endsWith('hanging')) await new Promise((done) => setTimeout(done, 60_000));
if (home.endsWith('refusing')) {
  const error = { code: 'backup.domain_busy', message: 'a domain is written to' };
  process.stderr.write(JSON.stringify({ error }) + '\\n');
  process.exit(1);
}
writeFileSync(file, 'sealed');
mkdirSync(home + '/upkeep', { recursive: true });
const noted = { made_at: '2026-11-22T08:00:00.000Z', file, bytes: 6, sha256: 'ab' };
if (home.endsWith('elsewhere')) noted.file = '/elsewhere/other.backup';
writeFileSync(home + '/upkeep/backup.json', JSON.stringify(noted));
`;

function homeIn(t: TestContext, name: string): { home: string; program: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-backups-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const home = join(folder, name);
  mkdirSync(home);
  const program = join(folder, 'ioi.mjs');
  writeFileSync(program, PROGRAM);
  return { home, program };
}

test('a backup is made one after the other, not too often, and a few are kept', async (t) => {
  const { home, program } = homeIn(t, 'home');
  const folder = join(home, 'backups');
  let now = 0;
  const backups = new Backups({ home, program, now: () => now });
  mkdirSync(folder);
  const old = [1, 2, 3].map((day) => `node-2026010${day}T000000Z.backup`);
  for (const name of [...old, 'mine.backup']) writeFileSync(join(folder, name), '');
  const [made, other] = await Promise.all([backups.make(), backups.make()]);
  assert.equal(made.ok && made.value.bytes, 6);
  assert.equal(!other.ok && other.error.code, 'backup.under_way');
  const soon = await backups.make();
  assert.equal(!soon.ok && soon.error.code, 'backup.too_soon');
  const names = readdirSync(folder).sort();
  assert.deepEqual([names[0], ...names.slice(1, 3)], ['mine.backup', old[1], old[2]]);
  assert.equal(names.length, 4);
  now += 60_000;
  assert.equal((await backups.make()).ok, true);
});

test('a backup that the command refuses is refused by its name', async (t) => {
  const { home, program } = homeIn(t, 'refusing');
  const refused = await new Backups({ home, program }).make();
  assert.equal(!refused.ok && refused.error.code, 'backup.domain_busy');
  assert.match(refused.ok ? '' : refused.error.message, /a domain is written to; by hand/);
  const none = await new Backups({ home, program: `${program}.none` }).make();
  assert.equal(!none.ok && none.error.code, 'backup.failed');
  const unsaid = await new Backups({ home, program: undefined }).make();
  assert.equal(!unsaid.ok && unsaid.error.code, 'backup.no_program');
});

test('what was made is kept whatever the clock was, and nothing else is harmed', async (t) => {
  const { home, program } = homeIn(t, 'home');
  const folder = join(home, 'backups');
  mkdirSync(join(folder, 'node-20260101T000000Z.backup'), { recursive: true });
  const later = [1, 2, 3].map((day) => `node-2999010${day}T000000Z.backup`);
  const dead = `node-20260102T000000Z.backup.${2 ** 31 - 1}.part`;
  const living = `node-20260102T000000Z.backup.${process.pid}.part`;
  for (const name of [...later, dead, living]) writeFileSync(join(folder, name), '');
  const made = await new Backups({ home, program }).make();
  assert.equal(made.ok, true);
  const left = new Set(readdirSync(folder));
  assert.equal(made.ok && left.has(basename(made.value.file)), true, 'the new one is there');
  assert.deepEqual(
    later.filter((name) => left.has(name)),
    later.slice(1),
  );
  assert.deepEqual([left.has(dead), left.has(living)], [false, true], 'of nobody, and of somebody');
  assert.equal(left.has('node-20260101T000000Z.backup'), true, 'a folder is no backup');
});

test('one that hangs, has no folder, or was noted as another is refused, and ends', async (t) => {
  const hanging = new Backups({ ...homeIn(t, 'hanging'), most: 500 });
  const hung = await hanging.make();
  assert.equal(!hung.ok && hung.error.code, 'backup.failed');
  const again = await hanging.make();
  assert.equal(!again.ok && again.error.code, 'backup.too_soon');
  const full = homeIn(t, 'full');
  writeFileSync(join(full.home, 'backups'), '');
  const nowhere = await new Backups(full).make();
  assert.equal(!nowhere.ok && nowhere.error.code, 'backup.no_folder');
  const other = await new Backups(homeIn(t, 'elsewhere')).make();
  assert.equal(!other.ok && other.error.code, 'backup.not_noted');
});
