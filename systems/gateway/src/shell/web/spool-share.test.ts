import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { BodySpool } from './body-spool.ts';
import { SpoolShare } from './spool-share.ts';

const UNIT = 4096;

function spoolIn(t: TestContext, all: number) {
  const folder = mkdtempSync(join(tmpdir(), 'share-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = join(folder, 'bodies');
  const spool = new BodySpool(at, { body: all * UNIT, all: all * UNIT }, () => 2 ** 40);
  return { spool, files: () => readdirSync(at).length };
}

let made = 0;
/** Of a content of its own. */
async function* body(units: number): AsyncGenerator<Uint8Array, void> {
  made += 1;
  for (let at = 0; at < units; at += 1) yield Buffer.alloc(UNIT, `${made} `);
}

async function* endless(): AsyncGenerator<Uint8Array, void> {
  for (;;) yield Buffer.alloc(UNIT, 1);
}

test('one program does not fill it for others, and what is refused leaves nothing', async (t) => {
  const { spool, files } = spoolIn(t, 24);
  const [greedy, other, third] = [1, 2, 3].map(() => new SpoolShare(spool));
  assert.ok(greedy && other && third);
  const taken = await greedy.take(body(12));
  assert.ok(taken.ok, 'half of all');
  const more = await greedy.take(body(1));
  assert.equal(!more.ok && more.error.code, 'web.bodies_share');
  const flood = await greedy.take(endless());
  assert.equal(!flood.ok && flood.error.code, 'web.bodies_share');
  assert.equal(files(), 1);
  assert.ok((await other.take(body(6))).ok, 'another has room beside it');
  assert.ok((await third.take(body(3))).ok, 'and so has the next');
  greedy.release(taken.value.digest);
  assert.ok((await greedy.take(body(7))).ok, 'what was sent is given back');
});

test('one program does not fill a small disk for others either', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'share-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = join(folder, 'bodies');
  const written = () => {
    return readdirSync(at).reduce((sum, name) => sum + statSync(join(at, name)).size, 0);
  };
  const kept = 256 * 1024 * 1024;
  let disk = kept + 24 * UNIT;
  const limits = { body: 2 ** 30, all: 2 ** 32 };
  const spool = new BodySpool(at, limits, () => disk - written());
  const flood = await new SpoolShare(spool).take(endless());
  assert.equal(!flood.ok && flood.error.code, 'web.bodies_share');
  assert.ok((await new SpoolShare(spool).take(body(12))).ok);
  assert.ok((await new SpoolShare(spool).take(body(6))).ok);
  disk = kept;
  const full = await new SpoolShare(spool).take(body(1));
  assert.equal(!full.ok && full.error.code, 'web.bodies_full');
});

test('what waits for a person counts for its program after the client has left', async (t) => {
  const { spool, files } = spoolIn(t, 20);
  const share = new SpoolShare(spool);
  const taken = await share.take(body(9));
  assert.ok(taken.ok && share.hold(taken.value.digest));
  share.release(taken.value.digest);
  const more = await share.take(body(3));
  assert.equal(!more.ok && more.error.code, 'web.bodies_share');
  share.release(taken.value.digest);
  assert.equal(files(), 0);
  assert.ok((await share.take(body(9))).ok);
});

test('a body that breaks off takes nothing of the share', async (t) => {
  const share = new SpoolShare(spoolIn(t, 20).spool);
  async function* broken(): AsyncGenerator<Uint8Array, void> {
    yield* body(8);
    throw new Error('aborted');
  }
  for (let turn = 0; turn < 4; turn += 1) await assert.rejects(share.take(broken()), /aborted/);
  assert.ok((await share.take(body(9))).ok);
});

test('however many send and release, a newcomer always finds room', async (t) => {
  const all = 32;
  const step = fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 0, max: 20 }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { spool, files } = spoolIn(t, all);
      const shares = Array.from({ length: 4 }, () => ({
        share: new SpoolShare(spool),
        held: [] as string[],
      }));
      for (const [who, units] of steps) {
        const { share, held } = shares[who] as (typeof shares)[number];
        if (units === 0) {
          const digest = held.pop();
          if (digest !== undefined) share.release(digest);
        } else {
          const taken = await share.take(body(units));
          if (taken.ok) held.push(taken.value.digest);
        }
        assert.ok(spool.room >= (all * UNIT) / 16, 'each of four leaves half');
      }
      for (const { share, held } of shares) for (const digest of held) share.release(digest);
      assert.deepEqual([spool.room, files()], [all * UNIT, 0]);
    }),
    { numRuns: 12 },
  );
});
