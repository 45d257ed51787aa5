import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldContents } from './held-contents.ts';

const DIGESTS = Array.from({ length: 20 }, (_, at) => `sha256:${at}`);

test('contents of an act are fetched a few at a time, and stay until all let go', async () => {
  const held = new HeldContents();
  let [now, most] = [0, 0];
  const read = async (digest: string): Promise<string | undefined> => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    return digest === DIGESTS[3] ? undefined : `text of ${digest}`;
  };
  const [one, other] = [await held.hold(DIGESTS, read), await held.hold(DIGESTS, read)];
  assert.equal(most, 4);
  assert.ok(one.ok && other.ok);
  one.value();
  assert.equal(held.text('sha256:7'), 'text of sha256:7');
  assert.equal(held.text('sha256:3'), undefined);
  other.value();
  assert.ok(DIGESTS.every((digest) => held.text(digest) === undefined));
});

test('one that cannot be read ends the rest by name, and nothing stays held', async () => {
  const held = new HeldContents();
  const asked: string[] = [];
  const refused = await held.hold(DIGESTS, async (digest) => {
    asked.push(digest);
    await new Promise((resolve) => setImmediate(resolve));
    if (digest !== 'sha256:5') return 'a text';
    throw Object.assign(new Error('it is away'), { code: 'bucket.unreachable' });
  });
  assert.equal(refused.ok || refused.error, 'bucket.unreachable: it is away; nothing was done');
  assert.ok(asked.length < 10, String(asked));
  assert.ok(DIGESTS.every((digest) => held.text(digest) === undefined));
});
