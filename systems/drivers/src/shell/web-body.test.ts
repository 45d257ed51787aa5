import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { ok } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import { webContracts } from '@ioi/law';
import { isNetworkReceipt, type RuntimeToolContract, type SealedAction } from '@ioi/protocol';
import { requestFor, sealedAction } from '../testing/actions.ts';
import { takeAnswer } from './web-answer.ts';
import { webDriver } from './web-driver.ts';

const MIB = 1024 * 1024;
const WHOLE = Buffer.concat(Array.from({ length: 20 }, (_, at) => Buffer.alloc(MIB, at)));
const DIGEST = digestBytes(WHOLE);
const edge = { secret: async () => undefined };
const { signal } = new AbortController();

/** A server that tells the digest and the size of all that came, as far as it came. */
async function counting(t: TestContext) {
  const seen: { bytes: number; digest?: string; isWhole?: boolean } = { bytes: 0 };
  const server = createServer((incoming, response) => {
    const hash = createHash('sha256');
    incoming.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length;
      hash.update(chunk);
    });
    incoming.on('close', () => {
      seen.digest = `sha256:${hash.digest('hex')}`;
      seen.isWhole = incoming.complete;
      response.end('taken');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function sealed(url: string, bytes = WHOLE.length): SealedAction {
  const contract = webContracts.get('POST') as RuntimeToolContract;
  const body = { $stream: DIGEST, bytes };
  const params = { url, method: 'POST', body };
  const request = requestFor(contract, params, String(process.hrtime.bigint()));
  return sealedAction(contract, request, { resolved_addresses: ['127.0.0.1'] });
}

function* cut(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

function perform(action: SealedAction, bytes: Uint8Array | undefined) {
  const driver = webDriver({
    argumentsOf: ({ request }) => ok(request.params as JsonObject),
    metaOf: () => ok(undefined),
    bodyOf: (digest) => (digest === DIGEST && bytes ? cut(bytes) : undefined),
  });
  return driver.perform(action, edge, { signal });
}

test('a body that stands elsewhere is sent whole, and named by what was decided on', async (t) => {
  const { seen, url } = await counting(t);
  const outcome = await perform(sealed(url), WHOLE);
  assert.ok(outcome.kind === 'completed' && isNetworkReceipt(outcome.output));
  const { request_cid, request_bytes } = outcome.output;
  assert.deepEqual([request_cid, request_bytes], [DIGEST, WHOLE.length]);
  assert.deepEqual(seen, { bytes: WHOLE.length, digest: DIGEST, isWhole: true });
});

test('a body that is not the one that was decided on is never sent whole', async (t) => {
  const other = Buffer.from(WHOLE).fill(1, WHOLE.length - 1);
  for (const bytes of [other, WHOLE.subarray(0, -1)]) {
    const { seen, url } = await counting(t);
    const outcome = await perform(sealed(url), bytes);
    assert.equal(outcome.kind, 'effect_unknown');
    assert.match(JSON.stringify(outcome), /not the one that was decided on/);
    assert.ok(seen.isWhole !== true && seen.bytes < WHOLE.length);
  }
});

test('a body that is held no more is not asked for in part', async (t) => {
  const { seen, url } = await counting(t);
  const outcome = await perform(sealed(url), undefined);
  assert.equal(outcome.kind, 'failed_before_effect');
  assert.match(JSON.stringify(outcome), /not held any more/);
  assert.equal(seen.bytes, 0);
});

test('an answer without end is broken off by a named limit, in constant memory', async () => {
  let given = 0;
  let isOver = false;
  async function* endless() {
    for (;;) {
      given += 1;
      yield WHOLE.subarray(0, MIB);
    }
  }
  const head = { status: 200, headers: [] };
  const destroy = (): void => {
    isOver = true;
  };
  const coming = { head, chunks: endless(), isWhole: () => true, destroy };
  const taken = await takeAnswer(coming, { onReply: undefined, most: 32 * MIB });
  const told = [taken.complete, taken.response_body, isOver, given];
  assert.deepEqual(told, [false, undefined, true, 33]);
});

test('an answer longer than a receipt holds is written whole where one is kept', async () => {
  const keeping = async (bytes: number, isWhole = true, pieces?: readonly Uint8Array[]) => {
    const written: Uint8Array[] = [];
    const ends: boolean[] = [];
    const passed: number[] = [];
    const coming = {
      head: { status: 200, headers: [] },
      chunks: Readable.from(pieces ?? cut(WHOLE.subarray(0, bytes)), { objectMode: true }),
      isWhole: () => isWhole,
      destroy: () => {},
    };
    const taken = await takeAnswer(coming, {
      onReply: () => ({ write: async (chunk: Uint8Array) => void passed.push(chunk.length) }),
      keepLong: () => ({
        write: async (chunk) => void written.push(chunk),
        end: (whole) => void ends.push(whole),
      }),
    });
    const all = Buffer.concat(written);
    return { taken, all, ends, passed: passed.reduce((sum, each) => sum + each, 0) };
  };
  const long = await keeping(WHOLE.length);
  assert.equal(digestBytes(long.all), DIGEST);
  assert.deepEqual([long.taken.response_cid, long.taken.response_bytes], [DIGEST, WHOLE.length]);
  assert.deepEqual([long.ends, long.passed], [[true], WHOLE.length]);
  assert.equal(long.taken.response_body, undefined);
  assert.deepEqual((await keeping(2 * MIB, false)).ends, [false]);
  const [atOnce, ...rest] = [WHOLE.subarray(0, 2 * MIB), WHOLE.subarray(2 * MIB)];
  const large = await keeping(WHOLE.length, true, [atOnce, ...rest]);
  assert.equal(digestBytes(large.all), DIGEST, 'also of one whose first piece is as long');
  const short = await keeping(MIB);
  assert.deepEqual([short.ends, short.all.length], [[], 0], 'it stands in the receipt');
});
