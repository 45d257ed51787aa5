import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { exchangeWithSecret } from './exchange-with-secret.ts';

const secret = 'planted-5d1f';
const form = { grant_type: 'authorization_code', client_id: 'node', code: 'c' };

async function provider(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

async function messageOf(token_endpoint: string): Promise<string> {
  const method = 'client_secret_post';
  const exchanged = await exchangeWithSecret({ token_endpoint, form, method, secret });
  assert.ok(!exchanged.ok);
  assert.equal(exchanged.error.code, 'sign_in.not_exchanged');
  return exchanged.error.message;
}

test('a secret goes to the endpoint that was pinned, wherever that one points', async (t) => {
  const reached: string[] = [];
  const other = await provider(t, ({ url }, response) => {
    reached.push(String(url));
    response.end(JSON.stringify({ id_token: 'forged' }));
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const pinned = await provider(t, (_, response) => {
      response.writeHead(status, { location: other }).end('{"id_token":"forged"}');
    });
    assert.match(await messageOf(pinned), new RegExp(`: ${status} no ID token$`));
  }
  assert.deepEqual(reached, []);
});

test('of what a provider answers nothing is repeated but the name of its error', async (t) => {
  const said = [
    [{ error: 'invalid_client' }, /: 401 invalid_client$/],
    [{ error: `you sent ${secret}` }, /: 401 no ID token$/],
    [{ error: { toString: secret }, error_description: secret }, /: 401 no ID token$/],
    [{ id_token: secret }, /: 401 no ID token$/],
    [null, /: it did not answer$/],
  ] as const;
  for (const [body, wanted] of said) {
    const endpoint = await provider(t, (_, response) => {
      response.writeHead(401).end(JSON.stringify(body));
    });
    assert.match(await messageOf(endpoint), wanted);
  }
  const endless = await provider(t, (_, response) => {
    response.writeHead(200).end(`{"id_token":"${'x'.repeat(2 * 1024 * 1024)}"}`);
  });
  assert.match(await messageOf(endless), /: it did not answer$/);
  assert.match(await messageOf('http://provider.example/token'), /: it did not answer$/);
});
