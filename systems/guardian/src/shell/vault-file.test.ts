import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { codeOf, PASSPHRASE, VaultBed } from '../testing/vault-bed.ts';
import type { Vault } from './vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-vault-file-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const SECRETS: Readonly<Record<string, string>> = {
  one: 'planted-secret-one',
  two: 'planted-secret-two',
};

const FILES = ['vault.lines', 'vault.copy.lines'];

async function made(name: string) {
  const bed = new VaultBed(join(folder, name));
  const opened = await bed.open();
  for (const each of Object.keys(SECRETS)) assert.equal(codeOf(await put(opened, each)), 'ok');
  return { bed, paths: FILES.map((name) => join(bed.folder, name)), ...opened };
}

/** A disk may lose a line of both: what it lost of one alone costs nothing. */
function writeBoth(paths: readonly string[], text: string | Buffer): void {
  for (const path of paths) writeFileSync(path, text);
}

function put({ desk }: { desk: Awaited<ReturnType<VaultBed['open']>>['desk'] }, name: string) {
  const about = { name, kind: 'bearer', server: name, origin: `https://${name}.example` };
  return desk.put({ ...about, secret: SECRETS[name] ?? 'planted-secret-more' }, PASSPHRASE);
}

function lease(vault: Vault, name: string) {
  return vault.answer({ kind: 'lease', name, server: name, origin: `https://${name}.example` });
}

test('any bit that the disk changes costs what stands on its line alone', async () => {
  const { bed, paths, anchor, close } = await made('bits');
  const whole = readFileSync(paths[0] as string);
  const named = new Set<string>();
  for (let at = 0; at < whole.length; at += 1) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    writeBoth(paths, flipped);
    const vault = bed.start(anchor);
    for (const name of Object.keys(SECRETS)) {
      const answer = lease(vault, name);
      const code = codeOf(answer);
      if (answer.kind === 'leased') assert.equal(answer.secret, SECRETS[name]);
      else assert.ok(['credential.damaged', 'vault.locked'].includes(code), `${at}: ${code}`);
    }
    const lost = vault.lost().map(({ name }) => name);
    // A newline is the end of one line and the start of the next.
    assert.ok(lost.length <= (whole[at] === 0x0a ? 2 : 1), `${at}: ${lost.join()}`);
    for (const name of lost) {
      named.add(name);
      assert.equal(codeOf(lease(vault, name)), 'credential.damaged');
    }
  }
  close();
  assert.deepEqual([...named].toSorted(), ['one', 'two']);
});

test('what the disk lost is named, put again or removed, and the rest goes on', async () => {
  const { bed, paths, close } = await made('lost');
  close();
  const lines = readFileSync(paths[0] as string, 'utf8')
    .split('\n')
    .filter((line) => !line.includes('item/one/'));
  writeBoth(paths, lines.join('\n'));
  const opened = await bed.open();
  assert.deepEqual(opened.vault.lost(), [{ name: 'one', version: 1 }]);
  assert.deepEqual(
    opened.vault.items().map(({ name }) => name),
    ['two'],
  );
  const again = await put(opened, 'one');
  assert.equal(again.ok && again.value.version, 2);
  assert.deepEqual(opened.vault.lost(), []);
  assert.equal(lease(opened.vault, 'one').kind, 'leased');
  assert.equal(lease(opened.vault, 'two').kind, 'leased');
  opened.close();
  const after = await bed.open();
  assert.deepEqual(after.vault.lost(), []);
  after.close();
});

test('a file of an earlier time is refused as a whole, also one line of it', async () => {
  const { bed, paths, close, ...opened } = await made('back');
  const before = readFileSync(paths[0] as string, 'utf8');
  await put(opened, 'one');
  const now = readFileSync(paths[0] as string, 'utf8');
  close();
  const lineOf = (text: string): string =>
    text.split('\n').find((line) => line.includes(' item/one/1 ')) ?? '';
  for (const text of [before, now.replace(lineOf(now), lineOf(before))]) {
    writeBoth(paths, text);
    const back = await bed.open();
    assert.equal(codeOf(lease(back.vault, 'one')), 'vault.rolled_back');
    assert.equal(codeOf(await put(back, 'three')), 'vault.rolled_back');
    assert.equal(back.unlocking.status().state, 'refused');
    back.close();
  }
  for (const each of paths) rmSync(each);
  const gone = await bed.open();
  assert.equal(codeOf(lease(gone.vault, 'one')), 'vault.missing');
  gone.close();
  writeBoth(paths, now);
  const well = await bed.open();
  assert.equal(lease(well.vault, 'one').kind, 'leased');
  well.close();
});

test('what the disk changes in one of the two files costs nothing, and is mended', async () => {
  const { bed, paths, close, ...opened } = await made('mend');
  const before = readFileSync(paths[0] as string);
  await put(opened, 'one');
  const now = readFileSync(paths[0] as string);
  close();
  const torn = now.subarray(0, now.length / 2);
  for (const path of paths) {
    for (const wrong of [before, torn, Buffer.alloc(99), undefined]) {
      if (wrong === undefined) rmSync(path);
      else writeFileSync(path, wrong);
      const { vault, close: end } = await bed.open();
      assert.deepEqual([lease(vault, 'one').kind, lease(vault, 'two').kind], ['leased', 'leased']);
      assert.deepEqual(readFileSync(path), now);
      end();
    }
  }
});

test('another vault is not taken for this one, until its owner says so', async () => {
  const one = await made('here');
  const other = await made('there');
  other.close();
  one.close();
  for (const name of FILES) cpSync(join(other.bed.folder, name), join(one.bed.folder, name));
  const foreign = await one.bed.open();
  assert.equal(codeOf(lease(foreign.vault, 'one')), 'vault.foreign');
  assert.equal(codeOf(await foreign.unlocking.adopt('no')), 'approver.keyfile.wrong_passphrase');
  assert.equal(codeOf(await foreign.unlocking.adopt(PASSPHRASE)), 'ok');
  assert.equal(foreign.unlocking.status().state, 'locked');
  const aside = await foreign.unlocking.setAside(PASSPHRASE);
  assert.ok(aside.ok && readdirSync(one.bed.folder).includes(aside.value.aside));
  assert.deepEqual(foreign.vault.items(), []);
  assert.equal(codeOf(await put(foreign, 'one')), 'ok');
  foreign.close();
  const started = await one.bed.open();
  assert.equal(lease(started.vault, 'one').kind, 'leased');
  started.close();
});

test('who goes by an earlier file has what it held, and nothing that was not sealed', async () => {
  const { bed, paths, close, ...opened } = await made('adopt');
  const before = readFileSync(paths[0] as string, 'utf8');
  await opened.desk.remove('two', PASSPHRASE);
  close();
  writeBoth(paths, `${before}nonsense item/three/1 {"item":null}\n`);
  const back = await bed.open();
  assert.equal(codeOf(lease(back.vault, 'two')), 'vault.rolled_back');
  assert.equal(codeOf(await back.unlocking.adopt(PASSPHRASE)), 'ok');
  assert.equal(lease(back.vault, 'two').kind, 'leased');
  assert.deepEqual(
    back.vault.items().map(({ name }) => name),
    ['one', 'two'],
  );
  back.close();
  const again = await bed.open();
  assert.equal(lease(again.vault, 'two').kind, 'leased');
  again.close();
});

test('a file of any bytes ends nothing', async () => {
  const { bed, paths, close } = await made('bytes');
  close();
  const bodies = ['', '\n\n', '{}', '\0'.repeat(4096), 'vault {"version":"x"}', '�'.repeat(99)];
  for (const body of [...bodies, Buffer.from(Array.from({ length: 4096 }, (_, at) => at % 256))]) {
    writeBoth(paths, body);
    const { vault, close: end } = await bed.open();
    assert.equal(codeOf(lease(vault, 'one')), 'credential.damaged');
    assert.deepEqual(
      vault
        .lost()
        .map(({ name }) => name)
        .toSorted(),
      ['one', 'two'],
    );
    end();
  }
});
