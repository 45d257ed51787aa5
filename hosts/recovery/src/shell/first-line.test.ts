import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { firstLine } from './first-line.ts';

test('a job comes whole, whatever its texts hold, and nothing of what follows', async () => {
  const job = JSON.stringify({ passphrase: 'one\u2028two\u2029\u0085three\r\nfour' });
  const open = new PassThrough();
  const bytes = Buffer.from(`${job}\nmore\n`);
  const line = firstLine(open);
  // Cut within a character.
  for (const at of bytes.keys()) open.write(bytes.subarray(at, at + 1));
  assert.equal(await line, job);
  const ended = new PassThrough();
  ended.end(job);
  assert.equal(await firstLine(ended), job, 'whoever is done needs no line feed');
  const empty = new PassThrough();
  empty.end();
  assert.equal(await firstLine(empty), '');
});
