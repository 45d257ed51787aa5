import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cidOf, digestBytes } from '@ioi/canon';
import { testCertificate } from '@ioi/law/testing';
import { type BucketConfig, objectUrl } from '../../core/bucket/bucket.ts';
import { TestBucket } from '../../testing/test-bucket.ts';
import { readBucketCredentials } from './credentials.ts';
import { S3Client } from './s3-client.ts';

const home = mkdtempSync(join(tmpdir(), 'bucket-'));
const SECRET = 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY';
const credentials = join(home, 'credentials.json');
const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: SECRET };
writeFileSync(credentials, JSON.stringify(keys), { mode: 0o600 });
const bucket = await TestBucket.start();
after(() => {
  bucket.stop();
  rmSync(home, { recursive: true, force: true });
});

const BYTES = Buffer.alloc(300_000, 'sealed');
const FILE = cidOf(digestBytes(BYTES));

function configOf(given: Partial<BucketConfig> = {}): BucketConfig {
  const { endpoint } = bucket;
  const place = { kind: 's3', endpoint, region: 'eu-west-1', bucket: 'ours' } as const;
  return { ...place, credentials: `file:${credentials}`, seconds: 1, ...given };
}

function clientOf(given?: Partial<BucketConfig>): { client: S3Client; folder: string } {
  const folder = mkdtempSync(join(home, 'folder-'));
  writeFileSync(join(folder, FILE), BYTES);
  return { client: new S3Client(configOf(given), folder, 1), folder };
}

/** No word of a secret stands in what is said about a failure. */
async function failsAs(code: string, doing: Promise<void>): Promise<void> {
  await assert.rejects(doing, (fault: Error & { code: string }) => {
    assert.equal(fault.code, code, fault.message);
    return !`${fault.stack}${JSON.stringify(fault)}`.includes(SECRET);
  });
}

test('a file goes there under its name, comes back as it was, and is removed', async () => {
  const { client, folder } = clientOf({ prefix: 'node-1/' });
  await client.store(FILE);
  const name = `/ours/node-1/${FILE}`;
  assert.deepEqual(bucket.objects.get(name), BYTES);
  const done = bucket.asked.map(({ method }) => method);
  assert.deepEqual(done, ['PUT', 'GET'], 'what was put is read again');
  rmSync(join(folder, FILE));
  await client.recall(FILE, BYTES.length);
  assert.deepEqual(readFileSync(join(folder, FILE)), BYTES);
  await client.remove(FILE);
  await client.remove(FILE);
  assert.equal(bucket.objects.has(name), false);
  client.close();
});

test('a bucket may be named in the host, which every signature is over', async () => {
  const { client } = clientOf({ style: 'host', endpoint: 'http://localhost:1' });
  await failsAs('bucket.unreachable', client.remove(FILE));
  const config = configOf({ style: 'host', endpoint: 'https://s3.example', prefix: 'a/' });
  const place = { origin: 'https://ours.s3.example', path: `/a/${FILE}` };
  assert.deepEqual(objectUrl(config, FILE), place);
});

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

function endless(response: ServerResponse, piece: Buffer): void {
  const writing = setInterval(() => response.write(piece), 1);
  response.on('close', () => clearInterval(writing));
}

const hostile: readonly [string, string, Answering][] = [
  ['other bytes', 'other_content', (_, response) => response.end(Buffer.alloc(BYTES.length, 1))],
  ['bytes cut off', 'other_content', (_, response) => response.end(BYTES.subarray(1))],
  [
    'a length it does not keep',
    'unreachable',
    (_, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 1000), () => response.destroy());
    },
  ],
  [
    'no end of bytes',
    'other_content',
    (_, response) => {
      endless(response, BYTES);
    },
  ],
  ['500', 'failing', (_, response) => void response.writeHead(500).end('<Code>oops</Code>')],
  ['403', 'denied', (_, response) => void response.writeHead(403).end('<Code>Denied</Code>')],
  ['no object', 'missing', (_, response) => void response.writeHead(404).end()],
  [
    'no bucket',
    'unknown',
    (_, response) => void response.writeHead(404).end('<Code>NoSuchBucket</Code>'),
  ],
  ['no HTTP', 'unreachable', (_, response) => void response.socket?.end('hello\r\n\r\n')],
  ['nothing, for ever', 'slow', () => {}],
  [
    'an error without end',
    'refused',
    (_, response) => {
      response.writeHead(400);
      endless(response, Buffer.alloc(6000, '<Code>'));
    },
  ],
];

for (const [what, code, answer] of hostile) {
  test(`a bucket that answers with ${what} leaves nothing here, and says so by name`, async () => {
    const { client, folder } = clientOf();
    rmSync(join(folder, FILE));
    bucket.behave = answer;
    await failsAs(`bucket.${code}`, client.recall(FILE, BYTES.length));
    bucket.behave = (_request, _response, honest) => honest();
    assert.deepEqual(readdirSync(folder), []);
    client.close();
  });
}

test('what leads elsewhere is not followed: nothing signed goes to another host', async () => {
  const other = await TestBucket.start();
  const { client } = clientOf();
  bucket.behave = (_request, response) => {
    response.writeHead(307, { location: `${other.endpoint}/ours/${FILE}` }).end();
  };
  await failsAs('bucket.redirected', client.store(FILE));
  bucket.behave = (_request, _response, honest) => honest();
  assert.deepEqual(other.asked, []);
  other.stop();
  client.close();
});

test('what fails for a moment is asked again, and what is refused is not', async () => {
  const { client } = clientOf();
  let failures = 2;
  bucket.behave = (_request, response, honest) => {
    if (failures-- > 0) response.writeHead(503).end();
    else honest();
  };
  await client.store(FILE);
  bucket.asked.length = 0;
  bucket.behave = (_request, response) => void response.writeHead(403).end();
  await failsAs('bucket.denied', client.store(FILE));
  assert.equal(bucket.asked.length, 1);
  bucket.behave = (_request, _response, honest) => honest();
  client.close();
});

test('a bucket that says it took what it did not keep is not believed', async () => {
  const { client } = clientOf();
  bucket.objects.clear();
  bucket.behave = (request, response, honest) => {
    if (request.method !== 'PUT') return honest();
    request.resume().on('end', () => response.end());
  };
  await failsAs('bucket.missing', client.store(FILE));
  bucket.behave = (_request, _response, honest) => honest();
  client.close();
});

test('what this disk has spoilt is not carried on', async () => {
  const { client, folder } = clientOf();
  writeFileSync(join(folder, FILE), 'spoilt');
  bucket.asked.length = 0;
  await failsAs('bucket.other_content', client.store(FILE));
  assert.deepEqual(bucket.asked, []);
  client.close();
});

test('over TLS a certificate is believed by the authorities that are named', async () => {
  const certificate = testCertificate('localhost');
  const secure = await TestBucket.start(certificate);
  const { endpoint } = secure;
  const ca = join(home, 'ca.pem');
  writeFileSync(ca, certificate.cert);
  const { client } = clientOf({ endpoint, ca });
  await client.store(FILE);
  const { client: unbelieving } = clientOf({ endpoint });
  await failsAs('bucket.untrusted', unbelieving.store(FILE));
  const elsewhere = endpoint.replace('localhost', '127.0.0.1');
  const { client: mistaken } = clientOf({ endpoint: elsewhere, ca });
  await failsAs('bucket.untrusted', mistaken.store(FILE));
  for (const each of [client, unbelieving, mistaken]) each.close();
  secure.stop();
});

test('credentials are of this account alone, and are never told', () => {
  const folder = join(home, 'given');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 's3'), JSON.stringify({ ...keys, session_token: 't' }), {
    mode: 0o440,
  });
  const read = { ...keys, session_token: 't' };
  assert.deepEqual(readBucketCredentials('systemd:s3', folder), read);
  assert.deepEqual(readBucketCredentials(`file:${credentials}`), keys);
  const refused = (named: string, given?: string): void => {
    assert.throws(
      () => readBucketCredentials(named, given ?? ''),
      (fault: Error & { code: string }) =>
        fault.code === 'bucket.no_credentials' && !fault.message.includes(SECRET),
    );
  };
  refused('systemd:s3');
  refused('file:/nowhere');
  chmodSync(join(folder, 's3'), 0o444);
  refused('systemd:s3', folder);
  const path = join(home, 'wrong.json');
  const wrong = [`{"secret_access_key":"${SECRET}"}`, `${SECRET}`, '[]', '{"access_key_id":1}'];
  const split = JSON.stringify({ ...keys, access_key_id: 'a\r\nx-evil: 1' });
  for (const text of [...wrong, split]) {
    writeFileSync(path, text, { mode: 0o600 });
    refused(`file:${path}`);
  }
});
