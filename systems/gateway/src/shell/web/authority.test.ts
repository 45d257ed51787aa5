import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer as createPlain } from 'node:net';
import { test } from 'node:test';
import { connect, TLSSocket } from 'node:tls';
import { makeAuthority } from './authority.ts';

/** What a client that trusts these sees of a server for a host; rejects as it would refuse. */
async function shake(host: string, trusted: string): Promise<X509Certificate> {
  const server = createPlain((socket) => {
    const context = authority.contextFor(host);
    new TLSSocket(socket, { isServer: true, secureContext: context }).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const isName = /[a-z]/.test(host) && !host.includes(':');
  const named = isName ? { servername: host } : {};
  const client = connect({ port, host: '127.0.0.1', ca: trusted, ...named, checkServerIdentity });
  try {
    await once(client, 'secureConnect');
    const shown = client.getPeerX509Certificate();
    assert.ok(shown);
    return shown;
  } finally {
    client.destroy();
    server.close();
  }
}

/** Looked at apart, for addresses too. */
const checkServerIdentity = () => undefined;
const authority = makeAuthority();

test('an authority signs for servers, and for no further authority', () => {
  const own = new X509Certificate(authority.certificate);
  assert.ok(own.ca && own.verify(own.publicKey));
  assert.match(own.toString(), /BEGIN CERTIFICATE/);
  assert.ok(own.validToDate.getTime() - Date.now() < 8 * 86_400_000, 'it does not last');
  const other = makeAuthority();
  assert.notEqual(new X509Certificate(other.certificate).fingerprint256, own.fingerprint256);
  assert.doesNotMatch(JSON.stringify(authority), /PRIVATE/);
});

test('a server shows a certificate for its own name or address', async () => {
  const own = new X509Certificate(authority.certificate);
  for (const host of ['example.com', 'a-b.xn--bcher-kva.example', `${'a'.repeat(63)}.example`]) {
    const shown = await shake(host, authority.certificate);
    assert.ok(shown.verify(own.publicKey) && !shown.ca);
    assert.equal(shown.checkHost(host), host);
    assert.equal(shown.checkHost('other.example'), undefined);
  }
  for (const address of ['192.0.2.7', '2001:db8::7', '::1']) {
    const shown = await shake(address, authority.certificate);
    assert.equal(shown.checkIP(address), address);
    assert.equal(shown.checkIP('192.0.2.8'), undefined);
  }
});

test('who trusts another authority does not trust this one', async () => {
  const other = makeAuthority();
  await assert.rejects(shake('example.com', other.certificate), /self-signed|unable to|signature/);
});

test('a certificate is made once for a host', () => {
  assert.equal(authority.contextFor('example.com'), authority.contextFor('example.com'));
  assert.notEqual(authority.contextFor('example.com'), authority.contextFor('example.org'));
});
