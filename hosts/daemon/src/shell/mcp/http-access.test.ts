import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { McpHttpConfig } from '../config.ts';
import { AccessTokens } from './access-tokens.ts';
import { httpAccess, withoutThose } from './http-access.ts';

const URL_HERE = 'http://127.0.0.1:7681/mcp';
const ISSUER = 'https://issuer.example';
const folder = mkdtempSync(join(tmpdir(), 'ioi-access-'));
const keys = await generateKeyPair('ES256');
const published = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' };
const issuer = createServer((_, response) => response.end(JSON.stringify({ keys: [published] })));
const tokens = new AccessTokens(join(folder, 'tokens.json'));

before(() => new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve)));
after(() => {
  issuer.close();
  rmSync(folder, { recursive: true });
});

function accessOf(config: Partial<McpHttpConfig> = {}) {
  const { port } = issuer.address() as AddressInfo;
  const server = { issuer: ISSUER, jwks_uri: `http://127.0.0.1:${port}/keys` };
  return httpAccess({ port: 7681, authorization_server: server, ...config }, URL_HERE, tokens);
}

const unnamed = { scope: 'other mcp', aud: URL_HERE, iss: ISSUER };
const about = { ...unnamed, sub: 'ada' };

const inAMinute = (): JWTPayload => ({ exp: Math.floor(Date.now() / 1000) + 60 });

function signed(payload: JWTPayload, header = {}, end = inAMinute()): Promise<string> {
  return new SignJWT({ ...end, ...payload })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
    .sign(keys.privateKey);
}

test('a token of the authorization server is a principal of its subject, and no name', async () => {
  const { authorise } = accessOf();
  const given = await authorise?.(await signed(about));
  assert.match(given && 'ok' in given ? given.ok : '', /^sub-[0-9a-f]{32}$/);
  const other = await authorise?.(await signed({ ...about, sub: '../editor' }));
  assert.match(other && 'ok' in other ? other.ok : '', /^sub-[0-9a-f]{32}$/);
  assert.notDeepEqual(given, other);
});

test('a token for another audience, of another issuer, or unsigned lets nobody in', async () => {
  const { authorise } = accessOf();
  const past = Math.floor(Date.now() / 1000) - 120;
  const wrong: Record<string, string> = {
    audience: await signed({ ...about, aud: 'http://127.0.0.1:7681/other' }),
    issuer: await signed({ ...about, iss: 'https://other.example' }),
    old: await signed({ ...about, exp: past }),
    endless: await signed(about, {}, {}),
    nobody: await signed(unnamed),
    early: await signed({ ...about, nbf: past + 600 }),
    key: await signed(about, { kid: 'two' }),
  };
  const [, payload] = (wrong['audience'] ?? '').split('.');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  wrong['unsigned'] = `${none}.${Buffer.from(JSON.stringify(about)).toString('base64url')}.`;
  // The public key as a shared secret.
  const secret = new TextEncoder().encode(JSON.stringify(published));
  wrong['symmetric'] = await new SignJWT(about)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setExpirationTime('1m')
    .sign(secret);
  wrong['payload'] = (await signed(about)).replace(/\.[^.]+\./, `.${payload}.`);
  for (const [what, bearer] of Object.entries(wrong)) {
    assert.deepEqual(await authorise?.(bearer), { refusal: 'invalid' }, what);
  }
  const scoped = await authorise?.(await signed({ ...about, scope: 'mcp:all mcpx' }));
  assert.deepEqual(scoped, { refusal: 'insufficient_scope', scope: 'mcp' });
});

test('tokens of the node need no authorization server, which may be away', async () => {
  const away = { issuer: ISSUER, jwks_uri: 'http://127.0.0.1:1/keys' };
  const { authorise } = accessOf({ authorization_server: away });
  const token = tokens.issue('editor') ?? '';
  assert.deepEqual(await authorise?.(token), { ok: 'editor' });
  assert.deepEqual(await authorise?.(undefined), { refusal: 'missing', scope: 'mcp' });
  assert.deepEqual(await authorise?.(await signed(about)), { refusal: 'invalid' });
});

test('only where node.json says so is nobody asked who they are', () => {
  assert.equal(accessOf({ auth: 'none' }).authorise, undefined);
  assert.ok(accessOf({ auth: 'token' }).authorise);
  const { resourceMetadata } = accessOf();
  assert.equal(resourceMetadata?.['resource'], URL_HERE);
});

test('a token made for another purpose lets nobody in, whoever it is for', async () => {
  const { port } = issuer.address() as AddressInfo;
  const server = { issuer: ISSUER, jwks_uri: `http://127.0.0.1:${port}/keys` };
  const strict = { ...server, token_type: 'at+jwt' as const };
  const letsIn = async (config: typeof server, typ?: string): Promise<boolean> => {
    const { authorise } = accessOf({ authorization_server: config });
    const given = await authorise?.(await signed(about, typ === undefined ? {} : { typ }));
    return given !== undefined && 'ok' in given;
  };
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
    assert.deepEqual([await letsIn(server, typ), await letsIn(strict, typ)], [true, true], typ);
  }
  for (const typ of [undefined, 'JWT', 'application/jwt']) {
    const both = [await letsIn(server, typ), await letsIn(strict, typ)];
    assert.deepEqual(both, [true, false], String(typ));
  }
  for (const typ of ['logout+jwt', 'dpop+jwt', 'id_token', '']) {
    assert.deepEqual([await letsIn(server, typ), await letsIn(strict, typ)], [false, false], typ);
  }
});

test('a token that holds lets nobody in who has left', async () => {
  const left: string[] = [];
  const { authorise } = withoutThose((name) => left.includes(name), accessOf()) ?? {};
  const bearer = await signed(about);
  const found = await authorise?.(bearer);
  assert.ok(found !== undefined && 'ok' in found);
  left.push(found.ok);
  assert.deepEqual(await authorise?.(bearer), { refusal: 'invalid' });
  assert.ok('ok' in ((await authorise?.(await signed({ ...about, sub: 'bob' }))) ?? {}));
});
