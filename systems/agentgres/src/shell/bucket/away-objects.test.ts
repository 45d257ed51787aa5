import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { type BucketConfig, bucketPlace } from '../../core/bucket/bucket.ts';
import type { Remote } from '../../core/bucket/remote.ts';
import { TestBucket } from '../../testing/test-bucket.ts';
import { ArtifactStore, type NewArtifact } from '../artifact-store.ts';
import { utf8Pieces } from '../text-pieces.ts';
import { Bucket } from './bucket.ts';
import { BucketFault } from './fault.ts';
import { Mover } from './mover.ts';
import { S3Client } from './s3-client.ts';

const home = mkdtempSync(join(tmpdir(), 'away-'));
const bucket = await TestBucket.start();
const credentials = join(home, 'credentials.json');
const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'not-told' };
writeFileSync(credentials, JSON.stringify(keys), { mode: 0o600 });
const opened: ArtifactStore[] = [];
after(async () => {
  await Promise.all(opened.map((store) => store.away.close()));
  bucket.stop();
  rmSync(home, { recursive: true, force: true });
});

const LONG = 'marker '.repeat(30_000);

type Given = Partial<BucketConfig> & {
  readonly folder?: string;
  readonly isThread?: boolean;
};

function fresh(): string {
  return mkdtempSync(join(home, 'store-'));
}

/** Asked in this thread: what a test needs no other one for. */
function besideOf(config: BucketConfig) {
  return (files: string): Remote => {
    const client = new S3Client(config, files, 1);
    return {
      store: (file) => client.store(file),
      recall: (file, bytes) => client.recall(file, bytes),
      remove: (file) => client.remove(file),
      close: async () => client.close(),
      recallNow: () => {
        throw new BucketFault('bucket.unreachable', 'nobody waits here');
      },
    };
  };
}

function openStore({ folder = fresh(), isThread = false, ...given }: Given = {}) {
  const { endpoint } = bucket;
  const named = { kind: 's3', endpoint, region: 'eu-west-1', bucket: 'ours' } as const;
  const config = { ...named, credentials: `file:${credentials}`, seconds: 5, ...given };
  const store = new ArtifactStore(folder);
  const open = isThread ? (files: string) => new Bucket(config, files) : besideOf(config);
  store.away.use(open, {
    place: bucketPlace(config),
    spoolBytes: config.spool_bytes ?? 10_000_000,
    localBytes: config.local_bytes ?? 0,
    isHomeward: config.moving === 'home',
  });
  opened.push(store);
  const said: string[] = [];
  let now = 0;
  const mover = new Mover(
    store.away,
    (message) => void said.push(message),
    () => now,
  );
  const later = (): void => {
    now += 100_000;
  };
  return { folder, store, mover, said, later };
}

function put(store: ArtifactStore, text: string): ReturnType<typeof digestBytes> {
  const digest = digestBytes(text);
  const about = { artifactClass: 'content', mediaType: 'text/plain', created: 1 } as const;
  const named = { ...about, requestHash: digestBytes('request'), agentId: 'agent://a/b' };
  const artifact: NewArtifact = { ...named, digest, content: utf8Pieces(text) };
  store.put([artifact]);
  store.write();
  // As the log is written after it: on disk here with whatever is written next.
  store.keep([digest]);
  return digest;
}

function here(folder: string): string[] {
  return readdirSync(join(folder, 'objects'));
}

test('a long content goes there in ciphertext, leaves here, and is read as before', async () => {
  const { folder, store, mover } = openStore();
  const long = put(store, LONG);
  const short = put(store, 'short');
  const [file = ''] = here(folder);
  await mover.pass();
  assert.deepEqual(here(folder), []);
  const stands = bucket.objects.get(`/ours/${file}`) as Buffer;
  assert.equal(stands.includes('marker'), false);
  const keys = readFileSync(join(folder, 'artifact-keys'));
  for (let at = 0; at < keys.length; at += 32) {
    assert.equal(stands.includes(keys.subarray(at, at + 32)), false, 'no key leaves');
  }
  assert.equal(store.text(short), 'short');
  await store.recall(long);
  assert.deepEqual(here(folder), [file]);
  assert.equal(store.text(long), LONG);
  await mover.pass();
  assert.deepEqual(here(folder), [], 'it leaves again');
  assert.equal(mover.totals()?.stored.count, 1);
});

test('who cannot wait otherwise reads it too, and is not held up by one that is away', async () => {
  const program = new URL('../../testing/bucket-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { store, mover, folder } = openStore({ endpoint: String(line).trim(), isThread: true });
  const digest = put(store, LONG);
  await mover.pass();
  assert.deepEqual(here(folder), []);
  assert.equal(store.text(digest), LONG);
  await mover.pass();
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.throws(() => store.text(digest), { code: 'bucket.unreachable' });
  const begun = performance.now();
  assert.throws(() => store.text(digest), { code: 'bucket.unreachable' });
  assert.ok(performance.now() - begun < 1_000, 'a second one does not wait for it again');
});

test('what was destroyed is removed there too, also where that has to wait', async () => {
  const { store, mover, folder, later } = openStore();
  const digest = put(store, `${LONG} destroyed`);
  const [file = ''] = here(folder);
  await mover.pass();
  store.destroy([digest]);
  assert.equal(store.text(digest), undefined);
  bucket.behave = (_request, response) => void response.writeHead(403).end();
  assert.deepEqual(await mover.pass(), { moved: 0, failed: 1 });
  assert.equal(mover.totals()?.doomed, 1);
  bucket.behave = (_request, _response, honest) => honest();
  later();
  await mover.pass();
  assert.equal(bucket.objects.has(`/ours/${file}`), false);
  assert.equal(mover.totals()?.doomed, 0);
});

test('what is destroyed while it is sent does not stay there', async () => {
  const { store, mover, folder } = openStore();
  const digest = put(store, `${LONG} sent and destroyed`);
  const [file = ''] = here(folder);
  bucket.behave = (request, _response, honest) => {
    if (request.method === 'GET') store.destroy([digest]);
    honest();
  };
  await mover.pass();
  bucket.behave = (_request, _response, honest) => honest();
  await mover.pass();
  assert.equal(bucket.objects.has(`/ours/${file}`), false);
  assert.equal(mover.totals()?.doomed, 0);
});

test('while the bucket cannot be reached all stays here, up to an end, and then goes', async () => {
  const { store, mover, folder, said, later } = openStore({ spool_bytes: 500_000, seconds: 1 });
  bucket.behave = (_request, response) => void response.writeHead(503).end();
  const texts = [`${LONG} 1`, `${LONG} 2`];
  const digests = texts.map((text) => put(store, text));
  assert.deepEqual(await mover.pass(), { moved: 0, failed: 2 });
  assert.equal(mover.totals()?.trouble?.code, 'bucket.failing');
  assert.equal(said.length, 1, 'it is said once');
  assert.throws(() => put(store, `${LONG} 3`), { code: 'artifact.spool_full' });
  assert.equal(here(folder).length, 2, 'of what was not taken nothing stays');
  put(store, 'short ones are taken all the same');
  for (const [at, digest] of digests.entries()) assert.equal(store.text(digest), texts[at]);
  bucket.behave = (_request, _response, honest) => honest();
  later();
  assert.deepEqual(await mover.pass(), { moved: 2, failed: 0 });
  assert.equal(mover.totals()?.trouble, undefined);
  assert.equal(store.text(put(store, `${LONG} 3`)), `${LONG} 3`);
});

test('a stop at any point loses nothing and leaves nothing that no one knows of', async () => {
  const { store, folder } = openStore();
  const digest = put(store, `${LONG} stopped`);
  const [file = ''] = here(folder);
  // As a stop between sending and saying so leaves it.
  await assert.doesNotReject(store.away.store(file));
  const again = openStore({ folder });
  await again.mover.pass();
  await again.store.recall(digest);
  assert.equal(again.store.text(digest), `${LONG} stopped`);
  bucket.behave = (request, response, honest) => {
    if (request.method === 'GET') response.writeHead(403).end();
    else honest();
  };
  const other = put(again.store, `${LONG} half sent`);
  await again.mover.pass();
  bucket.behave = (_request, _response, honest) => honest();
  const third = openStore({ folder });
  third.store.destroy([other]);
  await third.mover.pass();
  assert.equal([...bucket.objects.keys()].filter((name) => name.includes(file)).length, 1);
  assert.equal(third.mover.totals()?.doomed, 0, 'what may be there is removed');
});

test('what was changed there is refused by name, and read again once it is right', async () => {
  const { store, mover, folder } = openStore({ seconds: 1 });
  const digest = put(store, `${LONG} changed`);
  const [file = ''] = here(folder);
  await mover.pass();
  const name = `/ours/${file}`;
  const kept = bucket.objects.get(name) as Buffer;
  bucket.objects.set(name, Buffer.alloc(kept.length, 7));
  await assert.rejects(store.recall(digest), { code: 'bucket.other_content' });
  assert.throws(() => store.text(digest), { code: 'bucket.unreachable' });
  assert.equal(existsSync(join(folder, 'objects', file)), false);
  bucket.objects.set(name, kept);
  await store.recall(digest);
  assert.equal(store.text(digest), `${LONG} changed`);
});

test('everything comes back where it is told to, and then nothing is there', async () => {
  const { store, mover, folder } = openStore();
  const digests = [1, 2, 3].map((each) => put(store, `${LONG} home ${each}`));
  const files = here(folder);
  await mover.pass();
  const home = openStore({ folder, moving: 'home' });
  await home.mover.pass();
  await home.mover.pass();
  assert.deepEqual(here(folder).sort(), files.sort());
  assert.deepEqual(
    files.filter((file) => bucket.objects.has(`/ours/${file}`)),
    [],
  );
  assert.deepEqual(home.mover.totals()?.stored, { count: 0, bytes: 0 });
  const alone = new ArtifactStore(folder);
  assert.deepEqual(
    digests.map((digest) => alone.text(digest)?.at(-1)),
    ['1', '2', '3'],
  );
});

test('without the bucket, or under another one, nothing of it is guessed', async () => {
  const { store, mover, folder } = openStore();
  const digest = put(store, `${LONG} elsewhere`);
  await mover.pass();
  assert.throws(() => openStore({ folder, bucket: 'other' }), { code: 'bucket.absent' });
  const alone = new ArtifactStore(folder);
  assert.throws(() => alone.text(digest), { code: 'bucket.absent' });
  await assert.rejects(alone.recall(digest), { code: 'bucket.absent' });
});

test('the ones read last stay here as well, as far as there is room', async () => {
  const { store, mover, folder } = openStore({ local_bytes: 500_000 });
  const digests = [1, 2, 3].map((each) => put(store, `${LONG} room ${each}`));
  await mover.pass();
  assert.equal(here(folder).length, 2);
  for (const digest of digests) await store.recall(digest);
  await mover.pass();
  assert.equal(here(folder).length, 2);
  assert.equal(mover.totals()?.stored.count, 3);
});

test('a copy of the index from before a content went there finds it there', async () => {
  const { store, mover, folder } = openStore();
  const digest = put(store, `${LONG} copied`);
  store.write();
  const copy = fresh();
  mkdirSync(copy, { recursive: true });
  const database = new DatabaseSync(join(folder, 'artifacts.db'), { readOnly: true });
  await backup(database, join(copy, 'artifacts.db'));
  database.close();
  // What is copied file by file comes later: by then it may have left.
  await mover.pass();
  copyFileSync(join(folder, 'artifact-keys'), join(copy, 'artifact-keys'));
  const restored = openStore({ folder: copy });
  await restored.store.recall(digest);
  assert.equal(restored.store.text(digest), `${LONG} copied`);
  rmSync(join(copy, 'objects'), { recursive: true });
  mkdirSync(join(copy, 'objects'));
  await restored.mover.pass();
  assert.equal(restored.mover.totals()?.stored.count, 1);
  assert.equal(restored.mover.totals()?.waiting.count, 0);
});

test('what is refused for want of room leaves nothing here, also of more than one', () => {
  const { store, folder } = openStore({ spool_bytes: 300_000 });
  const artifactOf = (text: string): NewArtifact => {
    const about = { artifactClass: 'content', mediaType: 'text/plain', created: 1 } as const;
    const named = { ...about, requestHash: digestBytes('request'), agentId: 'agent://a/b' };
    return { ...named, digest: digestBytes(text), content: utf8Pieces(text) };
  };
  for (const one of ['first', 'second', 'third']) {
    const both = [one, `${one} beside`].map((each) => artifactOf(`${LONG} ${each}`));
    assert.throws(() => store.put(both), { code: 'artifact.spool_full' });
  }
  assert.deepEqual(here(folder), []);
  assert.equal(store.unwritten, 0);
  assert.equal(store.text(put(store, LONG)), LONG, 'what has room is taken');
});

test('a place that is not named any more is trouble that is shown', async () => {
  const { store, mover, folder } = openStore();
  put(store, `${LONG} shown`);
  await mover.pass();
  const alone = new Mover(new ArtifactStore(folder).away, () => {});
  assert.equal(alone.totals()?.trouble?.code, 'bucket.absent');
});

test('that what is away cannot be read is seen before anybody needs it', async () => {
  const { store, mover, folder, said } = openStore();
  assert.equal(await mover.sees(), true, 'nothing is away');
  put(store, `${LONG} looked at`);
  const [file = ''] = here(folder);
  await mover.pass();
  const at = `/ours/${file}`;
  const stands = bucket.objects.get(at) as Buffer;
  bucket.objects.delete(at);
  assert.equal(await mover.sees(), false);
  assert.match(String(mover.totals()?.trouble?.code), /^bucket\./);
  assert.equal(said.length, 1);
  bucket.objects.set(at, stands);
  assert.equal(await mover.sees(), true);
  assert.equal(mover.totals()?.trouble, undefined);
  await mover.pass();
  assert.deepEqual(here(folder), [], 'what was looked at leaves again');
});

test('whoever only looks takes the shortest of what is away', async () => {
  const { store, mover } = openStore({ spool_bytes: 50_000_000 });
  for (let at = 0; at < 20; at += 1) put(store, `${LONG.repeat(6)} ${at}`);
  const short = put(store, LONG);
  for (let passes = 0; passes < 6; passes += 1) await mover.pass();
  const file = store.away.sample() ?? '';
  assert.ok((bucket.objects.get(`/ours/${file}`)?.length ?? Infinity) < 300_000, file);
  assert.equal(await mover.sees(), true);
  assert.equal(store.text(short), LONG);
  assert.notEqual(store.away.sample(), file, 'one that is here is not looked at');
});

test('what was destroyed while it came back does not stay here', async () => {
  const { store, mover, folder } = openStore();
  const digest = put(store, `${LONG} coming back`);
  await mover.pass();
  bucket.behave = (_request, _response, honest) => {
    store.destroy([digest]);
    honest();
  };
  await store.recall(digest);
  bucket.behave = (_request, _response, honest) => honest();
  assert.deepEqual(here(folder), []);
});
