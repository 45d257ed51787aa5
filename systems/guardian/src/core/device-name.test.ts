import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceOrigin } from './device-name.ts';
import { placeOf } from './page-guard.ts';

test('other devices use a host name that is not of this machine', () => {
  const origin = deviceOrigin('approve.example.org', 8443);
  assert.deepEqual(origin, { ok: true, value: 'https://approve.example.org:8443' });
  assert.deepEqual(placeOf('https://approve.example.org:8443'), {
    origin: 'https://approve.example.org:8443',
    host: 'approve.example.org:8443',
    rpId: 'approve.example.org',
    isDevice: true,
  });
  assert.deepEqual(deviceOrigin('approve.example.org', 443), {
    ok: true,
    value: 'https://approve.example.org',
  });
  const names = ['localhost', 'a.localhost', '127.0.0.1', '[::1]', '10.0.0.7', 'host', 'A.example'];
  for (const name of [...names, 'a b.example', 'a/b.example', 'a.example:1', '-a.example', '']) {
    assert.equal(deviceOrigin(name, 8443).ok, false, name);
  }
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
    assert.equal(deviceOrigin('approve.example.org', port).ok, false, String(port));
  }
});
