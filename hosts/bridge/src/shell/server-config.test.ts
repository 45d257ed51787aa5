import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serverConfig } from './server-config.ts';

test('a server is named by a file that others cannot read, and says nothing unknown', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bridge-'));
  const path = join(folder, 'server.json');
  try {
    assert.equal(serverConfig(folder), undefined);
    const url = 'postgresql://ioi_bridge@db/ioi_bridge';
    writeFileSync(path, JSON.stringify({ url }), { mode: 0o600 });
    assert.deepEqual(serverConfig(folder), { url, reader: 'ioi_reader', password: undefined });
    const code = 'bridge.server_config';
    for (const wrong of ['{', '{}', '{"url":"http://db"}', `{"url":"${url}","reader":"a b"}`]) {
      writeFileSync(path, wrong);
      assert.throws(() => serverConfig(folder), { code }, wrong);
    }
    writeFileSync(path, JSON.stringify({ url, user: 'x' }));
    assert.throws(() => serverConfig(folder), { code, message: /\/user is not known/ });
    chmodSync(path, 0o640);
    assert.throws(() => serverConfig(folder), { code, message: /chmod 600/ });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
