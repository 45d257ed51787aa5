import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as otherWork } from 'node:timers/promises';
import { encodeBase64 } from '@ioi/basis';
import { operationIdOf } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import type { Attestor } from '../core/index.ts';
import { LogWriter } from './log-writer.ts';
import { SqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-writer-'));
const other = mkdtempSync(join(tmpdir(), 'ioi-writer-'));
const third = mkdtempSync(join(tmpdir(), 'ioi-writer-'));
const fourth = mkdtempSync(join(tmpdir(), 'ioi-writer-'));
const fifth = mkdtempSync(join(tmpdir(), 'ioi-writer-'));
after(() => {
  for (const each of [folder, other, third, fourth, fifth])
    rmSync(each, { recursive: true, force: true });
});

/** Prepares one head an operation, the second batch in its own time; signs what it is given. */
function attestor(second: Promise<void>): Attestor {
  let frontier = Frontier.empty;
  let height = 0;
  const prepared = new Map<number, readonly string[]>();
  let size = 0;
  let isAsked = false;
  let batches = 0;
  return {
    open: async () => undefined,
    recover: () => Promise.reject(new Error('nothing to recover')),
    prepare: async (operations) => {
      batches += 1;
      const batch = batches;
      isAsked ||= batch === 2;
      if (batch === 2) await second;
      const entries = operations.map(({ operation_id }, at) =>
        JSON.stringify({ operation: 'a/b', operation_id, events: [], seq: String(size + at) }),
      );
      const changes = entries.map((_, at) => {
        return { headClass: 'a', id: String(size + at), seq: size + at, value: '1' };
      });
      prepared.set(batch, entries);
      const seq = String(size + entries.length);
      size += entries.length + 1;
      const next = { seq, height: String(height), chain_time: '1', epoch: '0' };
      height += 1;
      return { batch, entries, changes, results: entries.map((_, index) => ({ index })), next };
    },
    seal: async (batch, commit) => {
      while (batch === 1 && !isAsked) await otherWork();
      const texts = [...(prepared.get(batch) ?? []), commit];
      frontier = frontier.extend(texts.map((text) => leafHash(text))).frontier;
      return { size: String(frontier.size), root: encodeBase64(frontier.root()), note: '' };
    },
  };
}

test('heads that could not be written stop the log, whoever waited for them', async () => {
  const store = new SqliteStore(folder);
  let isBroken = false;
  const breaking = new Proxy(store, {
    get: (target, name) => {
      if (name === 'applySealed' && isBroken) {
        return () => {
          throw new Error('no space left');
        };
      }
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  let ids = 0;
  const put = () => {
    ids += 1;
    const operation_id = operationIdOf(ids, new Uint8Array(10));
    const by = { authenticated_by: { kind: 'channel' as const }, payload: {} };
    return { operation_id, operation: 'a/b', ...by };
  };
  let release = (): void => {};
  const second = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { writer } = await LogWriter.open({
    store: breaking,
    attestor: attestor(second),
    modules: new Map(),
    checkSeal: () => {},
  });
  isBroken = true;
  // So many that they are taken in halves: the second is under way when the first is answered.
  const submitted = Array.from({ length: 16 }, () => writer.submit(put()));
  const late = submitted.slice(8).map((each) => assert.rejects(each, { code: 'log.in_doubt' }));
  for (const each of submitted.slice(0, 8)) assert.ok((await each).ok);
  await assert.rejects(writer.prove({ kind: 'listing', headClass: 'a' }), /no space left/);
  isBroken = false;
  release();
  await Promise.all(late);
  assert.equal(store.watermark().size, 0, 'nothing is written over the gap');
  store.close();
});

test('whoever was answered is prepared for before the commit behind is written', async () => {
  const done: string[] = [];
  const noting = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get: (_, name) => {
        if (names.includes(String(name))) done.push(String(name));
        const member = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  const store = new SqliteStore(other);
  const { writer } = await LogWriter.open({
    store: noting(store, ['append']),
    attestor: noting(attestor(Promise.resolve()), ['prepare', 'seal']),
    modules: new Map(),
    checkSeal: () => {},
  });
  const ask = async (client: number): Promise<void> => {
    for (let at = 0; at < 3; at += 1) {
      const by = { authenticated_by: { kind: 'channel' as const }, payload: {} };
      const operation_id = operationIdOf(client * 3 + at, new Uint8Array(10));
      assert.ok((await writer.submit({ operation_id, operation: 'a/b', ...by })).ok);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, client) => ask(client)));
  const [first, ...after] = done.join(' ').split(' seal ');
  assert.equal(first, 'prepare append');
  assert.equal(after[0], 'prepare prepare append');
  await writer.close();
});

test('what stands beside an entry is on disk with it, until it is elsewhere', async () => {
  const store = new SqliteStore(third);
  const { writer } = await LogWriter.open({
    store,
    attestor: { ...attestor(Promise.resolve()), seal: sealing() },
    modules: new Map(),
    checkSeal: () => {},
  });
  const put = (at: number) => {
    const by = { authenticated_by: { kind: 'channel' as const }, payload: {} };
    return { operation_id: operationIdOf(at, new Uint8Array(10)), operation: 'a/b', ...by };
  };
  const bytes = Uint8Array.of(1, 2);
  const beside = (digest: string) => [{ digest, about: 'a content', bytes }];
  assert.ok((await writer.submit(put(1), {}, beside('one'))).ok);
  assert.deepEqual(
    store.beside().map(({ digest }) => digest),
    ['one'],
  );
  writer.settled(Number(store.size()));
  assert.ok((await writer.submit(put(2), {}, beside('two'))).ok);
  const twice = await writer.submit(put(2), {}, beside('of a duplicate'));
  assert.equal(twice.ok, false);
  const [left, ...more] = store.beside();
  assert.deepEqual(
    [left?.digest, left?.about, [...(left?.bytes ?? [])]],
    ['two', 'a content', [1, 2]],
  );
  assert.deepEqual(more, []);
  await writer.close();
});

test('heads wait a moment, are written together, and are there when it closes', async () => {
  const store = new SqliteStore(fourth);
  const written: number[] = [];
  const applySealed = store.applySealed.bind(store);
  store.applySealed = (sealed) => {
    written.push(sealed.references.length);
    applySealed(sealed);
  };
  const waiting: (() => void)[] = [];
  const { writer } = await LogWriter.open({
    store,
    attestor: { ...attestor(Promise.resolve()), seal: sealing() },
    modules: new Map(),
    checkSeal: () => {},
    later: (work) => waiting.push(work),
  });
  const put = (at: number) => {
    const by = { authenticated_by: { kind: 'channel' as const }, payload: {} };
    return { operation_id: operationIdOf(at, new Uint8Array(10)), operation: 'a/b', ...by };
  };
  for (const at of [1, 2, 3]) assert.ok((await writer.submit(put(at))).ok);
  assert.deepEqual([written, waiting.length, store.watermark().size], [[], 1, 0]);
  waiting[0]?.();
  const listing = await writer.prove({ kind: 'listing', headClass: 'a' });
  assert.equal(listing.kind === 'listing' && listing.heads.length, 3);
  assert.equal(written.length, 1);
  assert.equal(store.watermark().size, Number(store.size()));
  assert.equal(store.known([put(3).operation_id, put(4).operation_id]).size, 1);
  assert.ok((await writer.submit(put(4))).ok);
  assert.deepEqual([written.length, waiting.length], [1, 2]);
  const twice = await writer.submit(put(4));
  assert.ok(!twice.ok && twice.error.code === 'operation.duplicate', 'also one not written yet');
  await writer.close();
  assert.equal(written.length, 2, 'a log that was closed leaves nothing to be folded');
});

test('a log that closes waits for heads whose moment came meanwhile', async () => {
  const store = new SqliteStore(fifth);
  const done: string[] = [];
  const close = store.close.bind(store);
  store.applySealed = async () => {
    for (let turn = 0; turn < 5; turn += 1) await otherWork();
    done.push('heads');
  };
  store.close = () => {
    done.push('closed');
    close();
  };
  const waiting: (() => void)[] = [];
  const [asked, goes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sealed = sealing();
  const seal: Attestor['seal'] = async (batch, commit) => {
    if (waiting.length > 0) asked.resolve();
    if (waiting.length > 0) await goes.promise;
    return sealed(batch, commit);
  };
  const { writer } = await LogWriter.open({
    store,
    attestor: { ...attestor(Promise.resolve()), seal },
    modules: new Map(),
    checkSeal: () => {},
    later: (work) => waiting.push(work),
  });
  const by = { authenticated_by: { kind: 'channel' as const }, payload: {} };
  const submit = (at: number) =>
    writer.submit({ operation_id: operationIdOf(at, new Uint8Array(10)), operation: 'a/b', ...by });
  assert.ok((await submit(1)).ok);
  const last = submit(2);
  await asked.promise;
  const closing = writer.close();
  waiting[0]?.();
  goes.resolve();
  await Promise.all([last.catch(() => undefined), closing]);
  assert.deepEqual(done, ['heads', 'closed']);
});

/** Seals whatever comes, in order. */
function sealing(): Attestor['seal'] {
  let size = 0;
  return async (_batch, commit) => {
    size = Number(JSON.parse(commit).seq) + 1;
    return { size: String(size), root: '', note: '' };
  };
}
