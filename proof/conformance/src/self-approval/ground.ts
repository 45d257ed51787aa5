import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import {
  enrolDevice,
  type McpPeer,
  openListener,
  PASSPHRASE,
  Person,
  SupervisedNode,
  startBrowser,
} from '@ioi/kit';
import { type Tampering, TestPasskey } from '@ioi/law/testing';
import type { Browser } from 'playwright-core';

export type Told = { readonly status: number; readonly body: Record<string, unknown> };

/** Nobody but the person knows it; here to show that even it does not help where it may not be. */
export const ownersPassphrase = PASSPHRASE;

/** What opens a session of the page: the cookie and the secret that the page itself holds. */
export type Secrets = { readonly cookie: string; readonly page: string };

/**
 * A node with two requests that wait, one of low and one of high risk, and a person with a passkey
 * in a browser. Whoever attacks runs as the same account and knows everything but what the person
 * knows and has.
 */
export class Ground {
  readonly node: SupervisedNode;
  readonly browser: Browser;
  readonly owner: Person;
  readonly agent: McpPeer;
  readonly origin: string;
  readonly port: number;
  /** The person's other device, and where it reaches the page. */
  readonly device: Person;
  readonly deviceOrigin: string;
  low = '';
  high = '';

  private constructor(at: Actors) {
    const { node, browser, owner, agent, origin, device, deviceOrigin } = at;
    this.node = node;
    this.browser = browser;
    this.owner = owner;
    this.agent = agent;
    this.origin = origin;
    this.port = Number(new URL(origin).port);
    this.device = device;
    this.deviceOrigin = deviceOrigin;
  }

  static async open(chromium: string): Promise<Ground> {
    const node = await SupervisedNode.start();
    const browser = await startBrowser(chromium);
    const owner = await Person.at(browser);
    const url = await node.launch();
    await owner.open(url);
    await owner.makePasskey('laptop', PASSPHRASE);
    const agent = await node.connectMcp();
    const { origin } = new URL(url);
    const deviceOrigin = await openListener(node);
    const device = await enrolDevice(node, browser, 'phone');
    const ground = new Ground({ node, browser, owner, agent, origin, device, deviceOrigin });
    writeFileSync(ground.file('a.txt'), 'as it was');
    await ground.#ask();
    return ground;
  }

  file(name: string): string {
    return join(this.node.workspace, name);
  }

  /** Nothing was approved: both wait, nothing happened, and the rules hold. */
  async isUntouched(): Promise<boolean> {
    if (await this.isObserving()) return false;
    const waiting = await this.#waiting();
    const isSame = readFileSync(this.file('a.txt'), 'utf8') === 'as it was';
    return isSame && !existsSync(this.file('b.txt')) && waiting.length === 2;
  }

  async isObserving(): Promise<boolean> {
    const { body } = await this.node.api('GET', '/v1/status');
    return (body['policy'] as { readonly mode?: string }).mode === 'observe';
  }

  /** The page as the agent opens it itself: the socket is open to its account. */
  async session(): Promise<Secrets> {
    const launch = new URL(await this.node.launch()).hash.split('=')[1] ?? '';
    const answer = await this.post('/api/begin', { launch });
    return { cookie: answer.cookie, page: String(answer.body['page']) };
  }

  /** A POST that looks as if the page had sent it, but for what is changed. */
  post(
    path: string,
    body: object,
    { secrets, headers = {}, origin = this.origin }: Posting = {},
  ): Promise<Told & { readonly cookie: string }> {
    const known = secrets ? { cookie: secrets.cookie, 'x-ioi-page': secrets.page } : {};
    const { host, port, protocol } = new URL(origin);
    const all = {
      host,
      origin,
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      'sec-fetch-dest': 'empty',
      ...known,
      ...headers,
    };
    const given = { host: '127.0.0.1', port, method: 'POST', path, headers: all, agent: false };
    const send = protocol === 'https:' ? requestTls : request;
    return new Promise((resolve, reject) => {
      const sent = send({ ...given, rejectUnauthorized: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const cookie = response.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
          resolve({ status: response.statusCode ?? 0, body: parsed(text), cookie });
        });
      });
      sent.on('error', () => resolve({ status: 0, body: {}, cookie: '' }));
      sent.end(JSON.stringify(body));
    });
  }

  /** Bytes as they are, and what came back until the other side was done. */
  raw(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      let text = '';
      socket.setTimeout(1_000, () => socket.destroy());
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
      socket.write(bytes, 'latin1');
    });
  }

  /** The person's own passkey as if it had been copied out of the authenticator. */
  async copiedPasskey(
    of = this.owner,
    origin = this.origin,
  ): Promise<{ readonly passkey: TestPasskey; readonly id: string }> {
    const [credential] = await of.credentials();
    if (credential === undefined) throw new Error('the person has a passkey');
    const key = Buffer.from(credential.privateKey, 'base64');
    const passkey = new TestPasskey(key, origin);
    passkey.counter = credential.signCount;
    return { passkey, id: credential.credentialId };
  }

  /** What the page would send after a passkey signed, but for what is tampered with. */
  async assertionFor(
    challenge: string,
    tampering: Tampering = {},
    copied = this.copiedPasskey(),
  ): Promise<Record<string, string>> {
    const { passkey, id } = await copied;
    const digest = `sha256:${Buffer.from(challenge, 'base64url').toString('hex')}` as const;
    const signed = passkey.assert(digest, tampering);
    const raw = Buffer.from(signed.signature, 'base64');
    const isDer = passkey.publicKey.algorithm === 'es256';
    return {
      credential_id: id,
      authenticator_data: signed.authenticator_data,
      client_data: signed.client_data,
      signature: (isDer ? derOf(raw) : raw).toString('base64'),
    };
  }

  /** The person does what all others tried: without this the refusals would prove little. */
  async approvedByPerson(): Promise<boolean> {
    const secrets = await this.session();
    const asked = await this.post('/api/challenge', { request_hash: this.high }, { secrets });
    const assertion = await this.assertionFor(String(asked.body['challenge']));
    const body = { request_hash: this.high, assertion };
    const signed = await this.post('/api/approve', body, { secrets });
    return signed.status === 200 && signed.body['token'] !== undefined;
  }

  async close(): Promise<void> {
    this.agent.close();
    await this.browser.close();
    await this.node.stop();
  }

  async #ask(): Promise<void> {
    const [path, destination] = [this.file('a.txt'), this.file('b.txt')];
    const calls = [
      this.agent.call('write_file', { path, content: 'as the agent wants it' }),
      this.agent.call('move_file', { source: path, destination }),
    ];
    for (const call of calls) call.catch(() => {});
    const waiting = await until('the requests wait', async () => {
      const now = await this.#waiting();
      return now.length === 2 && now;
    });
    const hashOf = (risk: string) =>
      waiting.find(({ contract }) => contract.risk_class === risk)?.request_hash ?? '';
    [this.low, this.high] = [hashOf('low'), hashOf('high')];
  }

  async #waiting(): Promise<readonly Pending[]> {
    const { body } = await this.node.guardianApi('GET', '/pending');
    return body['pending'] as readonly Pending[];
  }
}

type Actors = Pick<
  Ground,
  'node' | 'browser' | 'owner' | 'agent' | 'origin' | 'device' | 'deviceOrigin'
>;

type Posting = {
  readonly secrets?: Secrets;
  readonly headers?: Record<string, string>;
  /** That of the page on this machine unless told. */
  readonly origin?: string;
};

type Pending = {
  readonly request_hash: string;
  readonly contract: { readonly risk_class: string };
};

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}

/** As authenticators write P-256 signatures. */
function derOf(plain: Buffer): Buffer {
  const parts = [plain.subarray(0, 32), plain.subarray(32)].map((each) => {
    let bytes = each;
    while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
    const padded = (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
    return Buffer.concat([Buffer.from([2, padded.length]), padded]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
