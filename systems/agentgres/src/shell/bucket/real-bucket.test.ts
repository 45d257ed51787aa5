import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cidOf, digestBytes } from '@ioi/canon';
import type { BucketConfig } from '../../core/bucket/bucket.ts';
import type { BucketCredentials } from './credentials.ts';
import { S3Client } from './s3-client.ts';

/** Installed aside by `.ci/run`. It judges which key it is, and of version 4 no signature. */
const CACHE = new URL('../../../../../node_modules/.cache/ioi-buckets', import.meta.url).pathname;
const S3RVER = join(CACHE, 'node_modules', 's3rver', 'bin', 's3rver.js');
const BUCKET = 'ours';
const START_MS = 60_000;
const BYTES = Buffer.alloc(3_000_000, 'sealed');
const FILE = cidOf(digestBytes(BYTES));

type Server = {
  readonly name: string;
  readonly missing: string | false;
  /** A key that may do everything, where the server has one to give. */
  readonly keyOf: (endpoint: string) => Promise<BucketCredentials>;
  /** What it refuses of that key. */
  readonly wrong: Partial<BucketCredentials>;
  readonly start: (port: number, folder: string) => ChildProcess;
};

const quiet = { stdio: 'ignore' } as const;
const servers: readonly Server[] = [
  {
    name: 's3rver',
    missing: !existsSync(S3RVER) && 's3rver is not installed beside this checkout',
    keyOf: async () => ({ access_key_id: 'S3RVER', secret_access_key: 'S3RVER' }),
    wrong: { access_key_id: 'ANOTHER' },
    start: (port, folder) => {
      const options = ['-d', folder, '-a', '127.0.0.1', '-p', String(port)];
      return spawn(process.execPath, [S3RVER, ...options, '--configure-bucket', BUCKET], quiet);
    },
  },
  {
    name: 'moto',
    missing: spawnSync('moto_server', ['-h']).error !== undefined && 'there is no moto_server',
    keyOf: keyOfMoto,
    wrong: { secret_access_key: 'another' },
    start: (port) => spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], quiet),
  },
];

/** A person of its own, after whom it judges every signature. */
async function keyOfMoto(endpoint: string): Promise<BucketCredentials> {
  await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '3' });
  const about = { Version: '2010-05-08', UserName: 'node' };
  const ask = async (fields: Record<string, string>): Promise<string> => {
    const credential = 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request';
    const headers = { authorization: `${credential}, SignedHeaders=host, Signature=0` };
    const body = new URLSearchParams({ ...about, ...fields });
    const answer = await fetch(endpoint, { method: 'POST', headers, body });
    return answer.text();
  };
  await ask({ Action: 'CreateUser' });
  const statement = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await ask({ Action: 'PutUserPolicy', PolicyName: 'all', PolicyDocument });
  const told = await ask({ Action: 'CreateAccessKey' });
  const fieldOf = (name: string): string => new RegExp(`<${name}>([^<]*)</`).exec(told)?.[1] ?? '';
  const secret_access_key = fieldOf('SecretAccessKey');
  return { access_key_id: fieldOf('AccessKeyId'), secret_access_key };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** Until it answers, and has the bucket. */
async function readyAt(endpoint: string): Promise<void> {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(200)) {
    const found = await fetch(`${endpoint}/${BUCKET}`).catch(() => undefined);
    if (found?.status === 200) return;
    if (found) await fetch(`${endpoint}/${BUCKET}`, { method: 'PUT' });
  }
  throw new Error(`${endpoint} does not answer`);
}

for (const { name, missing, keyOf, wrong, start } of servers) {
  test(`${name} takes what is put there, and gives it back`, { skip: missing }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'real-bucket-'));
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const server = start(Number(new URL(endpoint).port), folder);
    try {
      await readyAt(endpoint);
      const path = join(folder, 'credentials.json');
      const keys = await keyOf(endpoint);
      writeFileSync(path, JSON.stringify(keys), { mode: 0o600 });
      const place = { kind: 's3', endpoint, region: 'us-east-1', bucket: BUCKET } as const;
      const config: BucketConfig = { ...place, credentials: `file:${path}`, prefix: 'a/node-1/' };
      const client = new S3Client(config, folder);
      writeFileSync(join(folder, FILE), BYTES);
      await client.store(FILE);
      rmSync(join(folder, FILE));
      await client.recall(FILE, BYTES.length);
      assert.deepEqual(readFileSync(join(folder, FILE)), BYTES);
      await client.remove(FILE);
      await client.remove(FILE);
      await assert.rejects(client.recall(FILE, BYTES.length), { code: 'bucket.missing' });
      const elsewhere = new S3Client({ ...config, bucket: 'nobody-has-it' }, folder);
      await assert.rejects(elsewhere.recall(FILE, BYTES.length), { code: 'bucket.unknown' });
      writeFileSync(path, JSON.stringify({ ...keys, ...wrong }), { mode: 0o600 });
      await assert.rejects(client.store(FILE), { code: 'bucket.denied' });
    } finally {
      server.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
