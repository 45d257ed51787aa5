import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArtifactStore } from '@ioi/agentgres/shell';
import { digestBytes } from '@ioi/canon';
import { contentKeys } from '@ioi/law';
import type { HeadKey } from '@ioi/protocol';
import { type Call, defaultRetention } from '../core/index.ts';
import { Contents } from './contents.ts';
import type { HeadReader } from './head-reader.ts';

const request = { target: 'a::b', context: { agent_id: 'agent://local/a' } };
const call = { request, requestHash: `sha256:${'1'.repeat(64)}` } as unknown as Call;

test('contents that cannot be written are tried again now and then, and by themselves', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let tries = 0;
  let isFull = true;
  const write = (): void => {
    tries += 1;
    if (isFull) throw new Error('database or disk is full');
  };
  const settled: number[] = [];
  const contents = new Contents({
    store: { put: () => [], unwritten: 256, write } as unknown as ArtifactStore,
    reader: { chainTime: () => 1, size: 7 } as unknown as HeadReader,
    retention: () => ({ ...defaultRetention, output: { keep_days: 1, max_bytes: 1 } }),
    commitmentKey: async () => new Uint8Array(),
    settled: (size) => void settled.push(size),
    log: () => {},
  });
  for (let count = 0; count < 9; count += 1) contents.output(call, { count });
  assert.equal(tries, 1, 'not for every one of them');
  isFull = false;
  t.mock.timers.tick(5_000);
  assert.deepEqual([tries, settled], [2, [7]]);
  contents.output(call, 'after');
  assert.equal(tries, 3, 'as before it failed');
});

test('a body that was forgotten is not kept when it is sent again', async () => {
  const digest = digestBytes('long');
  const put: string[] = [];
  const kept = (forgotten: readonly string[]) =>
    new Contents({
      store: {
        putLarge: function* (each: { digest: string }) {
          put.push(each.digest);
          yield;
        },
        keep: () => {},
        unwritten: 0,
        write: () => {},
      } as unknown as ArtifactStore,
      reader: {
        chainTime: () => 1,
        get: ({ id }: HeadKey) => forgotten.find((each) => id === contentKeys.forgotten(each).id),
      } as unknown as HeadReader,
      retention: () => defaultRetention,
      commitmentKey: async () => new Uint8Array(),
      settled: () => {},
      log: () => {},
    }).keepLarge({ digest, bytes: 4 }, call, [Buffer.from('long')]);
  await kept([digest]);
  assert.deepEqual(put, []);
  await kept([]);
  assert.deepEqual(put, [digest]);
});

function ofDamaged(forgotten: () => object | undefined = () => undefined): Contents {
  return new Contents({
    store: {
      text: () => {
        throw Object.assign(new Error('it does not open'), { code: 'artifact.corrupt' });
      },
      artifact: () => undefined,
      recall: async () => {},
    } as unknown as ArtifactStore,
    reader: { get: forgotten } as unknown as HeadReader,
    retention: () => defaultRetention,
    commitmentKey: async () => new Uint8Array(),
    settled: () => {},
    log: () => {},
  });
}

test('of however many do not open, whoever asks for one is told so', () => {
  const contents = ofDamaged();
  for (let at = 0; at < 150; at += 1) {
    const digest = digestBytes(`${at}`);
    assert.equal(contents.text(digest), undefined);
    assert.ok(contents.isDamaged(digest), `${at}`);
  }
  assert.equal(contents.damaged.length, 100);
});

test('an act whose content does not open is refused by name before anything is done', async () => {
  const digest = digestBytes('lost');
  const held = await ofDamaged().hold({ path: '/a', content: { $payload: digest, bytes: 4 } });
  assert.ok(!held.ok);
  assert.match(
    held.error,
    /^content\.damaged: .*does not open, see: ioi doctor; nothing was done$/,
  );
});

test('what did not open and was forgotten since is left out, as anything forgotten', async () => {
  let forgotten: object | undefined;
  const contents = ofDamaged(() => forgotten);
  const params = { content: { $payload: digestBytes('lost'), bytes: 4 } };
  assert.equal((await contents.hold(params)).ok, false);
  forgotten = {};
  assert.equal((await contents.hold(params)).ok, true);
});
