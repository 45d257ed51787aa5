import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { canonicalBytes } from '@ioi/canon';
import { sealAead } from '@ioi/crypto';
import { deriveSecret } from '@ioi/crypto/shell';
import { openDatabase } from '@ioi/sqlite';
import type { Anchored } from '../core/vault-anchor.ts';
import { codeOf, VaultBed } from '../testing/vault-bed.ts';
import { secretOf, WRITER_KEY } from '../testing/vault-writer.ts';
import type { VaultAnchor } from './vault-anchor.ts';

const WRITER = fileURLToPath(new URL('../testing/vault-writer.ts', import.meta.url));
const LIVES = 8;
const PLACE = { name: 'mail', server: 'mail', origin: 'https://mail.example' };

const folder = mkdtempSync(join(tmpdir(), 'ioi-vault-crash-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function readMail(bed: VaultBed, anchor: VaultAnchor): string {
  const answer = bed.start(anchor).answer({ kind: 'lease', ...PLACE });
  return answer.kind === 'leased' ? answer.secret : JSON.stringify(answer);
}

/** The last change that a life said it had made; it is killed some milliseconds after its first. */
async function live(at: string, from: number, milliseconds: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, at, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let last = from;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    last = Number(line);
  });
  await Promise.race([once(lines, 'line'), ended]);
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await ended;
  return last;
}

test('killed at any moment, what was said to be there is there, and opens', async () => {
  const at = join(folder, 'killed');
  const bed = new VaultBed(at, undefined, WRITER_KEY);
  let from = 0;
  for (let life = 0; life < LIVES; life += 1) {
    const last = await live(at, from, (life * 37) % 90);
    const { vault, anchor, close } = await bed.open();
    assert.equal(vault.refusal, undefined);
    assert.deepEqual(vault.lost(), []);
    // The one that was under way may be there as well.
    const found = readMail(bed, anchor);
    assert.ok([secretOf(last), secretOf(last + 1)].includes(found), `${last}: ${found}`);
    // Every version kept opens under the one vault key there is.
    assert.ok(vault.rewrapped(new Uint8Array(32)).ok);
    close();
    from = last + 2;
  }
});

test('a crash between any two writes leaves the change made, or not made', async () => {
  const bed = new VaultBed(join(folder, 'between'), undefined, WRITER_KEY);
  const { vault, anchor, close } = await bed.open();
  const put = (over: VaultAnchor, secret: string) =>
    bed.start(over).put({ name: 'mail', kind: 'bearer', bound_to: PLACE, secret });
  assert.ok(vault.put({ name: 'mail', kind: 'bearer', bound_to: PLACE, secret: secretOf(1) }).ok);
  for (const [fails, left] of [
    [1, secretOf(1)],
    [2, secretOf(2)],
  ] as const) {
    // Before its first write nothing is in doubt: that one is told. After it the guardian stops.
    const failed = failing(anchor, fails);
    if (fails === 1) assert.equal(codeOf(put(failed, secretOf(2))), 'vault.not_written');
    else assert.throws(() => put(failed, secretOf(2)), /crash/);
    assert.equal(readMail(bed, anchor), left);
    assert.equal(readMail(bed, anchor), left);
  }
  close();
});

/** Stands for a process that ends at its nth write of what the guardian remembers. */
function failing(anchor: VaultAnchor, nth: number): VaultAnchor {
  let count = 0;
  const save = (anchored: Anchored): void => {
    count += 1;
    if (count >= nth) throw new Error('crash');
    anchor.save(anchored);
  };
  return new Proxy(anchor, {
    get: (target, name) => {
      if (name === 'save') return save;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('a vault of the earlier form is taken over, once, and is gone then', async () => {
  const at = join(folder, 'old');
  const bed = new VaultBed(at, undefined, WRITER_KEY);
  const path = join(at, 'vault.db');
  const make = (): void => {
    const schema = `CREATE TABLE IF NOT EXISTS secrets (
      name TEXT PRIMARY KEY, item TEXT NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`;
    const database = openDatabase({ path, schema, format: 1, durability: 'full' });
    const key = deriveSecret(WRITER_KEY, 'ioi vault v1');
    for (const [name, isOurs] of [
      ['mail', true],
      ['other', false],
    ] as const) {
      const item = {
        name,
        kind: 'bearer',
        bound_to: { server: 'mail', origin: PLACE.origin },
        rotations: 2,
      };
      const about = canonicalBytes(item);
      assert.ok(about.ok);
      const nonce = new Uint8Array(24).fill(name.length);
      const context = { key: isOurs ? key : key.toReversed(), nonce, associatedData: about.value };
      const sealed = sealAead(context, Buffer.from('planted-secret-old'));
      database.run(
        'INSERT INTO secrets VALUES (?, ?, ?, ?)',
        name,
        JSON.stringify(item),
        nonce,
        sealed,
      );
    }
    database.close();
  };
  make();
  const { vault, anchor, close } = await bed.open();
  assert.deepEqual(
    vault.items().map(({ name, version }) => [name, version]),
    [['mail', 3]],
  );
  assert.equal(readMail(bed, anchor), 'planted-secret-old');
  // What nobody here can open is not thrown away.
  assert.deepEqual([existsSync(path), existsSync(`${path}.unreadable`)], [false, true]);
  assert.ok(
    vault.put({ name: 'mail', kind: 'bearer', bound_to: PLACE, secret: 'planted-secret-new' }).ok,
  );
  close();
  make();
  const again = await bed.open();
  assert.equal(readMail(bed, again.anchor), 'planted-secret-new');
  assert.equal(existsSync(path), false);
  again.close();
});
