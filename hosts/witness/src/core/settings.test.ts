import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListening, parseLogs } from './index.ts';

// The example of C2SP signed-note.
const VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';

test('an address names host and port, and nothing is assumed', () => {
  const listening = (text: string) => {
    const parsed = parseListening(text);
    return parsed.ok ? parsed.value : parsed.error.code;
  };
  assert.deepEqual(listening('127.0.0.1:8470'), { host: '127.0.0.1', port: 8470 });
  assert.deepEqual(listening('[::1]:0'), { host: '::1', port: 0 });
  for (const text of ['', '8470', ':8470', 'localhost', 'localhost:70000', 'http://localhost:1']) {
    assert.equal(listening(text), 'witness.settings', text);
  }
});

test('a log is named with its keys', () => {
  const logs = parseLogs([`example.com/foo=${VKEY}`, `other=${VKEY}`, `other=${VKEY}`]);
  assert.ok(logs.ok);
  assert.deepEqual(
    [...logs.value].map(([origin, keys]) => [origin, keys.map(({ name }) => name)]),
    [
      ['example.com/foo', ['example.com/foo']],
      ['other', ['example.com/foo', 'example.com/foo']],
    ],
  );
  for (const text of ['', VKEY, `=${VKEY}`, 'example.com/foo=', `example.com/foo=${VKEY}x`]) {
    assert.equal(parseLogs([text]).ok, false, text);
  }
});
