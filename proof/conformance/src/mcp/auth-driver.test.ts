import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestAuthority } from '@ioi/wallet/testing';

const DRIVER = fileURLToPath(new URL('./auth-driver.ts', import.meta.url));

test('what the suite starts logs in through the edge, and calls every tool', async () => {
  const authority = await TestAuthority.start();
  try {
    const child = spawn(process.execPath, [DRIVER, `${authority.origin}/mcp`], {
      env: { MCP_CONFORMANCE_PROTOCOL_VERSION: '2025-11-25' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = text(child.stderr);
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, await said);
    assert.equal(authority.registrations, 1);
    const calls = authority.server.seen.filter(({ body }) => body.includes('tools/call'));
    assert.equal(calls.length, 1);
    assert.equal(calls[0]?.headers.authorization, `Bearer ${authority.lastToken}`);
  } finally {
    authority.close();
  }
});
