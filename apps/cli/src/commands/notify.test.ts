import assert from 'node:assert/strict';
import { createECDH, createHmac } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { NoticeReceiver, type Received } from '../testing/notice-receiver.ts';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const receiver = new NoticeReceiver();
let url = '';
let secret = '';
let agent: Agent;

before(async () => {
  url = await receiver.listen();
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent.close();
  await node.close();
  receiver.close();
});

function given(input: string, ...args: string[]): Promise<Ran> {
  return runIoi(['notify', ...args], { env: { IOI_HOME: node.home.folder }, input });
}

async function good(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr);
  return stdout;
}

function subscription(): string {
  const browser = createECDH('prime256v1');
  const p256dh = browser.generateKeys('base64url');
  const keys = { p256dh, auth: Buffer.alloc(16, 3).toString('base64url') };
  return JSON.stringify({ endpoint: `${url}/push/1`, expirationTime: null, keys });
}

test('targets are added, listed without secrets, tried and removed', async () => {
  secret = JSON.parse(await good(given('', 'add', 'webhook', `${url}/hook`, '--json'))).secret;
  await good(given('tk_token_of_mine\n', 'add', 'ntfy', `${url}/topic`, '--token-stdin'));
  await good(given(subscription(), 'add', 'webpush', '--subscription-stdin'));
  const list = await good(given('', 'list', '--json'));
  assert.equal(JSON.parse(list).targets.length, 3);
  assert.ok(!list.includes(secret) && !list.includes('tk_token_of_mine'));
  assert.equal(statSync(join(node.home.folder, 'notify.json')).mode & 0o077, 0);
  await good(given('', 'test'));
  const [hook, ntfy, push] = pathsIn(await receiver.count(3));
  assert.equal(hook.headers['ioi-signature'], signed(hook));
  assert.equal(ntfy.headers['authorization'], 'Bearer tk_token_of_mine');
  const key = (await good(given('', 'key'))).trim();
  assert.match(String(push.headers['authorization']), new RegExp(`^vapid t=.+, k=${key}$`));
  assert.equal(push.headers['content-encoding'], 'aes128gcm');
});

test('what cannot be reached, or is no target, is said so', async () => {
  for (const args of [
    ['add', 'webhook', 'http://example.com/hook', '--name', 'plain'],
    ['add', 'pigeon', url],
    ['add', 'webhook', `${url}/hook`],
    ['remove', 'nobody'],
  ]) {
    assert.equal((await given('', ...args)).code, 2, args.join(' '));
  }
  assert.equal(
    (await given('{}', 'add', 'webpush', '--subscription-stdin', '--name', 'x')).code,
    2,
  );
  receiver.statuses.push(500);
  const failed = await given('', 'test', 'webhook');
  assert.match(failed.stderr, /webhook could not be told/);
  assert.equal(failed.code, 1);
});

test('when something waits they are told, and nothing of what it says', async () => {
  receiver.received.length = 0;
  const path = join(node.workspace, 'notes.txt');
  // It waits until the node goes, and then fails.
  agent.call('write_file', { path, content: 'contents of mine' }).catch(() => {});
  const received = await receiver.count(3);
  const [hook, ntfy] = pathsIn(received);
  const notice = JSON.parse(String(hook.body)) as Record<string, unknown>;
  assert.deepEqual(Object.keys(notice).sort(), ['agent', 'id', 'kind', 'risk', 'target']);
  const [waiting] = await node.guardian.pending();
  assert.ok(waiting?.request_hash.includes(String(notice['id'])));
  assert.deepEqual([notice['kind'], notice['target']], ['approval', 'fs::write']);
  assert.match(String(notice['risk']), /^(low|high)$/);
  assert.match(String(ntfy.body), /^fs::write, (low|high) risk/);
  for (const { body, headers } of received) {
    const all = `${body.toString('latin1')} ${JSON.stringify(headers)}`;
    assert.ok(!all.includes('contents of mine') && !all.includes('notes.txt'));
  }
  assert.ok(!readFileSync(join(node.home.folder, 'node.json'), 'utf8').includes(secret));
  await good(given('', 'remove', 'webhook'));
});

/** What came for the webhook, for ntfy and for the browser. */
function pathsIn(received: readonly Received[]): [Received, Received, Received] {
  const of = (path: string): Received => {
    const found = received.find((each) => each.path === path);
    assert.ok(found, path);
    return found;
  };
  return [of('/hook'), of('/topic'), of('/push/1')];
}

function signed({ headers, body }: Received): string {
  const [, seconds = ''] = /^t=(\d+),/.exec(String(headers['ioi-signature'])) ?? [];
  const code = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${code}`;
}
