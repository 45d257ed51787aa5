import { type Case, isRefused } from './case.ts';
import type { Ground, Secrets } from './ground.ts';

const approve = (ground: Ground, body: object = {}) => ({ request_hash: ground.low, ...body });

/** The page asked by a program, with all headers a browser would send but for one. */
function withHeaders(name: string, headers: (ground: Ground) => Record<string, string>): Case {
  return {
    name: `page, ${name}`,
    attempt: async (ground) => {
      const secrets = await ground.session();
      const told = { secrets, headers: headers(ground) };
      return isRefused(await ground.post('/api/approve', approve(ground), told));
    },
  };
}

function withSecrets(name: string, change: (secrets: Secrets) => Partial<Secrets>): Case {
  return {
    name: `page, ${name}`,
    attempt: async (ground) => {
      const own = await ground.session();
      const secrets = { ...own, ...change(own) };
      const asked = await ground.post('/api/inbox', {}, { secrets });
      const told = await ground.post('/api/approve', approve(ground), { secrets });
      return isRefused(asked) && isRefused(told);
    },
  };
}

function launchedBy(name: string, launch: (ground: Ground) => Promise<string>): Case {
  return {
    name: `launch, ${name}`,
    attempt: async (ground) => {
      const secret = await launch(ground);
      return isRefused(await ground.post('/api/begin', { launch: secret }));
    },
  };
}

/** In a session of one's own, without the person. */
function unverified(name: string, body: (ground: Ground) => object, path = '/api/approve'): Case {
  return {
    name: `unverified, ${name}`,
    attempt: async (ground) => {
      const secrets = await ground.session();
      return isRefused(await ground.post(path, body(ground), { secrets }));
    },
  };
}

function raw(name: string, bytes: (ground: Ground, secrets: Secrets) => string): Case {
  return {
    name: `bytes, ${name}`,
    attempt: async (ground) => {
      const answer = await ground.raw(bytes(ground, await ground.session()));
      return !/^HTTP\/1\.1 (200|101)/m.test(answer);
    },
  };
}

const REGISTRATION = { client_data: 'e30=', authenticator_data: 'AAAA', transports: [] };

export const HTTP_CASES: readonly Case[] = [
  {
    name: 'page, without the secret of a launch',
    attempt: async (ground) => isRefused(await ground.post('/api/approve', approve(ground))),
  },
  launchedBy('guessed', async () => 'A'.repeat(43)),
  launchedBy('empty', async () => ''),
  launchedBy('used before', async (ground) => {
    const launch = new URL(await ground.node.launch()).hash.split('=')[1] ?? '';
    await ground.post('/api/begin', { launch });
    return launch;
  }),
  withSecrets('with the cookie alone', () => ({ page: '' })),
  withSecrets('with the secret of the page alone', () => ({ cookie: '' })),
  withSecrets('with the cookie twice', ({ cookie }) => ({ cookie: `${cookie}; ${cookie}` })),
  withSecrets('with a guessed cookie', ({ cookie }) => ({
    cookie: `${cookie.split('=')[0]}=${'B'.repeat(43)}`,
  })),
  withHeaders('by another name (DNS rebinding)', ({ port }) => ({ host: `evil.example:${port}` })),
  withHeaders('by its address', ({ port }) => ({ host: `127.0.0.1:${port}` })),
  withHeaders('from another port', ({ port }) => ({ origin: `http://localhost:${port + 1}` })),
  withHeaders('from an opaque origin', () => ({ origin: 'null' })),
  withHeaders('from another site', () => ({ 'sec-fetch-site': 'cross-site' })),
  withHeaders('from the same site', () => ({ 'sec-fetch-site': 'same-site' })),
  withHeaders('as a form', () => ({ 'content-type': 'application/x-www-form-urlencoded' })),
  withHeaders('as plain text', () => ({ 'content-type': 'text/plain' })),
  withHeaders('as a document', () => ({ 'sec-fetch-dest': 'document' })),
  withHeaders('to change to WebSocket', () => ({
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-version': '13',
  })),
  unverified('low risk', (ground) => approve(ground)),
  unverified('high risk', (ground) => ({ request_hash: ground.high })),
  unverified('with an empty passphrase', (ground) => approve(ground, { passphrase: '' })),
  unverified('with a guessed passphrase', (ground) => approve(ground, { passphrase: 'password' })),
  unverified('an object for a passphrase', (ground) => approve(ground, { passphrase: {} })),
  unverified('an assertion of nothing', (ground) => approve(ground, { assertion: {} })),
  unverified('unlocking without proof', () => ({}), '/api/unlock'),
  unverified('denying', (ground) => ({ request_hash: ground.low, reason: 'x' }), '/api/deny'),
  unverified('a passkey of its own', () => ({ ...REGISTRATION, passphrase: 'x' }), '/api/passkey'),
  unverified('another path', (ground) => approve(ground), '/approve'),
  unverified('a path of the socket', (ground) => approve(ground), '/page/launch'),
  unverified('a member of objects', (ground) => approve(ground), '/constructor'),
  unverified('a huge body', (ground) => approve(ground, { filler: 'x'.repeat(400_000) })),
  raw(
    'two lengths',
    ({ port }) =>
      `POST /api/approve HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 2\r\n` +
      'Content-Length: 4\r\n\r\n{}',
  ),
  raw(
    'length and chunks',
    ({ port, low }) =>
      `POST /api/inbox HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 4\r\n` +
      'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n' +
      `POST /api/approve HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n{"request_hash":"${low}"}`,
  ),
  raw('a request behind a refused one', ({ port, low }, { cookie, page }) => {
    const body = `{"request_hash":"${low}"}`;
    return (
      `OPTIONS /api/approve HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n` +
      `POST /api/approve HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n` +
      `X-Ioi-Page: ${page}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    );
  }),
  raw(
    'an absolute address',
    ({ port }) =>
      `POST http://localhost:${port}/api/approve HTTP/1.1\r\nHost: evil.example\r\n` +
      'Content-Length: 2\r\n\r\n{}',
  ),
  raw('no host', () => 'POST /api/approve HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'),
  raw(
    'two hosts',
    ({ port }) =>
      `POST /api/approve HTTP/1.1\r\nHost: localhost:${port}\r\nHost: evil.example\r\n` +
      'Content-Length: 2\r\n\r\n{}',
  ),
  raw(
    'huge headers',
    ({ port }) =>
      `POST /api/approve HTTP/1.1\r\nHost: localhost:${port}\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  ),
  raw('CONNECT', ({ port }) => `CONNECT localhost:${port} HTTP/1.1\r\nHost: x\r\n\r\n`),
];
