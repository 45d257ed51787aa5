import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { secureUrl } from './secure-url.ts';

test('a secret goes to https, or to http on this machine, and nowhere else', () => {
  const origins = {
    'https://MCP.example:443/a?b#c': 'https://mcp.example',
    'https://mcp.example:8443/': 'https://mcp.example:8443',
    'http://localhost:80/x': 'http://localhost',
    'http://127.0.0.1:9000/x': 'http://127.0.0.1:9000',
    'http://[::1]:9000/x': 'http://[::1]:9000',
    // The URL standard reads these as 127.0.0.1.
    'http://0x7f.1/': 'http://127.0.0.1',
  };
  for (const [url, origin] of Object.entries(origins)) equal(secureUrl(url)?.origin, origin);
  const refused = [
    'http://mcp.example/',
    'http://localhost.evil.example/',
    'http://127.0.0.1.evil.example/',
    'https://user:password@mcp.example/',
    'https://user@mcp.example/',
    'ftp://localhost/',
    'file:///etc/passwd',
    '/relative',
    '',
  ];
  deepEqual(
    refused.filter((url) => secureUrl(url) !== undefined),
    [],
  );
});
