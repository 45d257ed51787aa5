import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { serverName, serversIn } from './mcp-servers.ts';

test('servers of Claude, Cursor and Gemini are taken over with what stands beside them', () => {
  const found = serversIn({
    mcpServers: {
      'My Files': {
        command: 'npx',
        args: ['-y', 'x'],
        env: { A: '1', GITHUB_TOKEN: 't' },
        cwd: '/w',
      },
      docs: { type: 'sse', url: 'https://a.com/sse', headers: { Authorization: 'Bearer x' } },
      remote: { httpUrl: 'https://a.com/mcp' },
    },
  });
  assert.deepEqual(found?.servers, [
    {
      name: 'my-files',
      command: 'npx',
      args: ['-y', 'x'],
      env: { A: '1', GITHUB_TOKEN: 't' },
      workspace_root: '/w',
    },
    { name: 'docs', url: 'https://a.com/sse', transport: 'sse' },
    { name: 'remote', url: 'https://a.com/mcp' },
  ]);
  assert.match(found?.notes.join('\n') ?? '', /GITHUB_TOKEN may hold secrets/);
  assert.match(found?.notes.join('\n') ?? '', /headers \(Authorization\) are not taken over/);
});

test('servers of VS Code and Codex are found under their own names', () => {
  assert.equal(serversIn({ servers: { a: { command: 'x' } } })?.servers[0]?.name, 'a');
  assert.equal(serversIn({ mcp_servers: { b: { command: 'x' } } })?.servers[0]?.name, 'b');
  assert.equal(serversIn({ other: {} }), undefined);
  assert.equal(serversIn([]), undefined);
});

test('what only its own program can fill in, or is switched off, is left out by name', () => {
  const found = serversIn({
    servers: {
      a: { command: ['$', '{input:tool}'].join('') },
      b: { command: 'x', disabled: true },
      c: {},
      d: { command: 'x', args: [7] },
      'D!': { command: 'y' },
      '0': { command: 'x' },
    },
  });
  assert.deepEqual(
    found?.servers.map(({ name, command }) => [name, command]),
    [['d', 'y']],
  );
  assert.equal(found?.notes.length, 5);
});

test('whatever a file holds, names fit and nothing throws', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (mcpServers) => {
      const found = serversIn({ mcpServers });
      assert.ok(found);
      for (const { name } of found.servers) assert.match(name, /^[a-z][a-z0-9_-]{0,63}$/);
      const names = found.servers.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
    }),
  );
  assert.equal(serverName('--'), undefined);
});
