import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongInReach } from './server-fields.ts';

const manifest = {
  paths: { read: ['/usr'], write: ['/work'] },
  hosts: ['api.example.org', 'localhost:8080'],
  placeholders: { TOKEN: 'placeholder-1' },
};

test('how a server is reached and bounded is read as it stands', () => {
  assert.equal(wrongInReach({ command: 'x' }), undefined);
  assert.equal(wrongInReach({ command: 'x', manifest, calls_max: 8 }), undefined);
  assert.equal(wrongInReach({ url: 'https://a.org/sse', transport: 'sse' }), undefined);
});

test('what does not fit is refused by its place', () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ command: 'x', transport: 'sse' }, /^\/transport/],
    [{ url: 'https://a.org', transport: 'http' }, /^\/transport/],
    [{ command: 'x', calls_max: 0 }, /^\/calls_max/],
    [{ command: 'x', calls_max: 1.5 }, /^\/calls_max/],
    [{ command: 'x', calls_per_minute: -1 }, /^\/calls_per_minute .* 1 to 100000/],
    [{ url: 'https://a.org', seconds: '9' }, /^\/seconds/],
    [{ command: 'x', answer_bytes: 2 ** 31 }, /^\/answer_bytes/],
    [{ url: 'https://a.org', connector: {}, seconds: 9 }, /^\/connector has its limits/],
    [{ url: 'https://a.org', manifest }, /^\/manifest is for a server with \/command/],
    [{ command: 'x', manifest: [] }, /^\/manifest must be an object/],
    [{ command: 'x', manifest: { ...manifest, more: 1 } }, /^\/manifest\/more is not known/],
    [{ command: 'x', manifest: { ...manifest, paths: {} } }, /^\/manifest\/paths\/read/],
    [
      { command: 'x', manifest: { ...manifest, paths: { read: ['a'], write: [] } } },
      /^\/manifest\/paths\/read must be a list of absolute paths/,
    ],
    [{ command: 'x', manifest: { ...manifest, hosts: ['a b'] } }, /^\/manifest\/hosts/],
    [{ command: 'x', manifest: { ...manifest, placeholders: { 'A=B': '' } } }, /placeholders/],
  ];
  for (const [entry, message] of wrong) assert.match(wrongInReach(entry) ?? '', message);
});
