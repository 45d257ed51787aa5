import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Digest, digestBytes } from '@ioi/canon';
import type { ArtifactClass } from '@ioi/protocol';
import * as fc from 'fast-check';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../core/artifact-format.ts';
import { ArtifactStore, type NewArtifact } from './artifact-store.ts';
import { utf8Pieces } from './text-pieces.ts';

const root = mkdtempSync(join(tmpdir(), 'ioi-artifacts-'));
after(() => rmSync(root, { recursive: true, force: true }));

const fresh = (): string => mkdtempSync(join(root, 'a-'));

function artifactOf(text: string, changed: Partial<NewArtifact> = {}): NewArtifact {
  return {
    digest: digestBytes(text),
    artifactClass: 'content',
    mediaType: 'text/plain; charset=utf-8',
    requestHash: digestBytes('request'),
    agentId: 'agent://local/mcp',
    created: 1_000,
    content: utf8Pieces(text),
    ...changed,
  };
}

const LONG = 'A marker in a long text: ÄÖ€🙂 '.repeat(12_000);

/** Every byte of every file below a folder. */
function everything(folder: string): Buffer {
  const names = readdirSync(folder, { recursive: true }) as string[];
  const files = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  return Buffer.concat(files.map((path) => readFileSync(path)));
}

/** Names of object files; the first is what a test breaks. */
function objectsIn(folder: string): string[] {
  return readdirSync(join(folder, 'objects')).map((name) => join(folder, 'objects', name));
}

test('what is put under half a key opens with both halves, and with neither alone', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  const half = Buffer.alloc(32, 7);
  for (const text of ['short', LONG]) {
    const { digest } = artifactOf(text);
    store.put([artifactOf(text, { half })]);
    assert.equal(store.text(digest, half), text);
    assert.throws(() => store.text(digest), { code: 'artifact.corrupt' });
    assert.throws(() => store.text(digest, Buffer.alloc(32, 8)), { code: 'artifact.corrupt' });
    store.destroy([digest]);
    assert.equal(store.text(digest, half), undefined);
  }
  store.close();
});

test('what is put comes back, whatever its length, also after reopening', () => {
  const folder = fresh();
  let store = new ArtifactStore(folder);
  const chunk = 'x'.repeat(CHUNK_BYTES);
  const texts = ['', 'short', chunk, `${chunk}y`, chunk + chunk, LONG];
  store.put(texts.map((text) => artifactOf(text)));
  store.close();
  store = new ArtifactStore(folder);
  for (const text of texts) {
    assert.equal(store.text(digestBytes(text)), text);
    assert.equal(store.artifact(digestBytes(text))?.sizeBytes, Buffer.byteLength(text));
  }
  assert.equal(store.text(digestBytes('never put')), undefined);
  store.close();
});

test('a text falls into pieces of its UTF-8 wherever it is cut', () => {
  const units = fc.constantFrom('a', 'é', '€', '🙂', 'x'.repeat(16_382), '🙂'.repeat(8_191));
  fc.assert(
    fc.property(fc.array(units, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      const pieces: Buffer[] = [];
      for (const piece of utf8Pieces(text)) pieces.push(Buffer.from(piece));
      assert.equal(Buffer.concat(pieces).toString('utf8'), text);
    }),
  );
});

/** Bytes that something still refers to. */
function held(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

test('a long content is sealed piece by piece, and never whole in memory', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  const piece = new Uint8Array(1_048_576).fill(0x61);
  const hash = digestBytes(new Uint8Array(64 * piece.length).fill(0x61));
  const before = held();
  function* content(): Generator<Uint8Array> {
    for (let count = 0; count < 64; count++) yield piece;
    assert.ok(held() - before < 8 * piece.length, 'what was sealed is let go');
  }
  store.put([artifactOf('', { digest: hash, content: content() })]);
  let size = 0;
  for (const read of store.content(hash) ?? []) size += read.length;
  assert.equal(size, 64 * piece.length);
  assert.ok(held() - before < 8 * piece.length, 'what was opened is let go');
  store.close();
});

test('nothing of a content stands in any file in the clear', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  const beside = store.put([artifactOf('a marker in a short text'), artifactOf(LONG)]);
  assert.equal(/marker/.test(beside.map(({ bytes }) => Buffer.from(bytes)).join('')), false);
  store.write();
  assert.equal(/marker/.test(everything(folder).toString('latin1')), false);
  store.close();
  assert.equal(/marker/.test(everything(folder).toString('latin1')), false);
});

test('what was destroyed opens for nobody who keeps every file, and is gone from the index', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  store.put([artifactOf('short'), artifactOf(LONG), artifactOf('stays')]);
  const copies = objectsIn(folder).map((path) => ({ path, bytes: readFileSync(path) }));
  const keys = readFileSync(join(folder, 'artifact-keys'));
  const gone = ['short', LONG].map((text) => digestBytes(text));
  store.condemn(gone);
  assert.deepEqual(
    store.select({}, 10).map(({ digest }) => digest),
    [digestBytes('stays')],
  );
  store.destroy(gone);
  assert.equal(store.text(digestBytes('short')), undefined);
  assert.deepEqual(objectsIn(folder), []);
  assert.equal(store.text(digestBytes('stays')), 'stays');
  for (const { path, bytes } of copies) writeFileSync(path, bytes);
  const left = everything(folder);
  const slots = Array.from({ length: keys.length / 32 }, (_, slot) =>
    keys.subarray(slot * 32, slot * 32 + 32),
  );
  const missing = slots.filter((key) => left.indexOf(key) < 0);
  assert.equal(missing.length, 2, 'the keys of both, and of nothing else');
  store.close();
});

test('a content that was changed, swapped, cut or moved is refused by name', () => {
  const corrupt = { code: 'artifact.corrupt' };
  const broken = (breaks: (path: string) => void): void => {
    const folder = fresh();
    const store = new ArtifactStore(folder);
    store.put([artifactOf(LONG)]);
    const [path = ''] = objectsIn(folder);
    breaks(path);
    assert.throws(() => store.text(digestBytes(LONG)), corrupt);
    store.close();
  };
  broken((path) => {
    const bytes = readFileSync(path);
    bytes[70_000] = (bytes[70_000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  });
  broken((path) => truncateSync(path, SEALED_CHUNK_BYTES));
  broken((path) => truncateSync(path, 2 * SEALED_CHUNK_BYTES + 40));
  broken((path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(16)])));
  broken((path) => rmSync(path));
  broken((path) => {
    const bytes = readFileSync(path);
    const [first, second] = [0, SEALED_CHUNK_BYTES].map((at) =>
      bytes.subarray(at, at + SEALED_CHUNK_BYTES),
    );
    const rest = bytes.subarray(2 * SEALED_CHUNK_BYTES);
    writeFileSync(path, Buffer.concat([second ?? rest, first ?? rest, rest]));
  });
  const folder = fresh();
  const store = new ArtifactStore(folder);
  const other = `${LONG} other`;
  store.put([artifactOf(LONG), artifactOf(other)]);
  const [one = '', two = ''] = objectsIn(folder);
  const kept = readFileSync(one);
  writeFileSync(one, readFileSync(two));
  writeFileSync(two, kept);
  for (const text of [LONG, other]) assert.throws(() => store.text(digestBytes(text)), corrupt);
  store.close();
});

test('a content that is not of its digest is not put, and nothing else with it', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  for (const text of ['short', LONG]) {
    const digest = digestBytes(`not ${text}`);
    const wrong = artifactOf(text, { digest });
    assert.throws(() => store.put([artifactOf('good'), wrong]), { code: 'artifact.other_content' });
    assert.equal(store.artifact(digest), undefined);
    assert.equal(store.artifact(digestBytes('good')), undefined);
  }
  assert.deepEqual(objectsIn(folder), []);
  store.close();
});

test('what a crash left half done is found again, or gone', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  store.put([
    artifactOf('referred to'),
    artifactOf('kept'),
    artifactOf('doomed'),
    artifactOf(LONG),
  ]);
  store.keep([digestBytes('kept'), digestBytes('doomed')]);
  store.write();
  store.condemn([digestBytes('doomed')]);
  // As a crash leaves it: a file without a row, a key without one, and nobody closed anything.
  writeFileSync(join(folder, 'objects', 'half.new'), 'half');
  const orphan = Buffer.alloc(32, 9);
  writeFileSync(join(folder, 'artifact-keys'), orphan, { flag: 'a' });
  const again = new ArtifactStore(folder);
  assert.equal(objectsIn(folder).length, 1);
  assert.equal(readFileSync(join(folder, 'artifact-keys')).indexOf(orphan), -1);
  const named = (state: 'new' | 'condemned') =>
    again
      .unsettled(state)
      .map(({ digest }) => digest)
      .sort();
  assert.deepEqual(named('new'), [digestBytes('referred to'), digestBytes(LONG)].sort());
  assert.deepEqual(named('condemned'), [digestBytes('doomed')]);
  again.pardon([digestBytes('doomed')]);
  assert.equal(again.text(digestBytes('doomed')), 'doomed');
  again.destroy(named('new'));
  assert.deepEqual(again.unsettled('new'), []);
  again.close();
  store.close();
});

test('what was put and never written is taken up from beside the log, once', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  const half = Buffer.alloc(32, 7);
  const beside = store.put([artifactOf('short'), artifactOf(LONG, { half }), artifactOf('gone')]);
  assert.deepEqual(
    store.put([artifactOf('short')]),
    beside.slice(0, 1),
    'also for who puts it again',
  );
  // As a crash leaves it: nothing was written, and nobody closed anything.
  let again = new ArtifactStore(folder, beside);
  assert.equal(again.unsettled('new').length, 3);
  assert.equal(again.text(digestBytes('short')), 'short');
  assert.equal(again.text(digestBytes(LONG), half), LONG);
  again.destroy([digestBytes('gone')]);
  again.put([artifactOf('in its slot')]);
  again.close();
  again = new ArtifactStore(folder, beside);
  assert.equal(again.text(digestBytes('in its slot')), 'in its slot');
  assert.equal(again.text(digestBytes('short')), 'short');
  assert.throws(() => again.text(digestBytes('gone')) ?? assert.fail(), 'no key, no content');
  again.close();
});

test('what stands beside the log and was destroyed is destroyed again, file or none', () => {
  const folder = fresh();
  let store = new ArtifactStore(folder);
  const beside = store.put([artifactOf(LONG)]);
  store.destroy([digestBytes(LONG)]);
  store.close();
  store = new ArtifactStore(folder, beside);
  store.destroy([digestBytes(LONG)]);
  assert.equal(store.artifact(digestBytes(LONG)), undefined);
  store.close();
});

test('of two beside the log that had one slot after another the newer is taken up', () => {
  const folder = fresh();
  const store = new ArtifactStore(folder);
  const old = store.put([artifactOf('old')]);
  store.destroy([digestBytes('old')]);
  // Keys are made many at a time: the slot is used again by one of these.
  const later = store.put(Array.from({ length: 2_100 }, (_, at) => artifactOf(`later ${at}`)));
  const slotOf = (each = old[0]): number => JSON.parse(each?.about ?? '{}').slot;
  const heir = later.find((each) => slotOf(each) === slotOf());
  assert.ok(heir);
  const again = new ArtifactStore(folder, [...old, heir]);
  assert.equal(again.text(heir.digest)?.slice(0, 5), 'later');
  assert.equal(again.artifact(digestBytes('old')), undefined);
  again.close();
});

test('what is taken up where its key was lost shares its slot with nothing', () => {
  const store = new ArtifactStore(fresh());
  const beside = store.put([artifactOf('lost')]);
  const elsewhere = new ArtifactStore(fresh(), beside);
  const texts = Array.from({ length: 1_100 }, (_, at) => `new ${at}`);
  elsewhere.put(texts.map((text) => artifactOf(text)));
  elsewhere.destroy([digestBytes('lost')]);
  for (const text of texts) assert.equal(elsewhere.text(digestBytes(text)), text);
  elsewhere.close();
  store.close();
});

test('objects are found by every part of a question, oldest first, page by page', () => {
  const store = new ArtifactStore(fresh());
  const classes: ArtifactClass[] = ['content', 'output', 'prompt'];
  const digests: Digest[] = [];
  for (let count = 0; count < 30; count++) {
    const artifact = artifactOf(`text ${count}`, {
      artifactClass: classes[count % 3] ?? 'content',
      agentId: count % 2 === 0 ? 'agent://a/b' : 'agent://c/d',
      created: 1_000 + count,
    });
    store.put([artifact]);
    digests.push(artifact.digest);
  }
  const found = (query: Parameters<ArtifactStore['select']>[0]) =>
    store.select(query, 100).map(({ digest }) => digest);
  assert.deepEqual(found({}), digests);
  assert.deepEqual(found({ agentId: 'agent://a/b', artifactClass: 'output', until: 1_010 }), [
    digests[4],
    digests[10],
  ]);
  assert.deepEqual(found({ digestPrefix: (digests[7] ?? '').slice(0, 20) }), [digests[7]]);
  assert.deepEqual(found({ requestPrefix: digestBytes('request') }), digests);
  for (const hostile of ["' OR 1=1 --", '%', '*', '', '\u{10ffff}', 'sha256:%']) {
    assert.deepEqual(found({ agentId: hostile }), []);
    if (hostile !== '') assert.deepEqual(found({ digestPrefix: hostile }), []);
  }
  const [first, second] = [store.select({}, 20), store.select({}, 20, store.select({}, 20).at(-1))];
  assert.deepEqual(
    [...first, ...second].map(({ digest }) => digest),
    digests,
  );
  const [content] = store.totals();
  assert.deepEqual(
    [content?.artifactClass, content?.count, content?.oldest],
    ['content', 10, 1_000],
  );
  assert.equal(store.bytesSince(1_028), Buffer.byteLength('text 29'));
  store.close();
});
