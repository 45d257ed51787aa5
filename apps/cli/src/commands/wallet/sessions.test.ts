import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeDomainOf } from '@ioi/law';
import type { SubscriptionEvents } from '@ioi/protocol';
import { connectAgent } from '../../demo/agent.ts';
import { findSockets, type Home, homeAt } from '../../shell/home.ts';
import { SessionApi } from '../../shell/session-api.ts';
import { type Ran, runIoi } from '../../testing/run-ioi.ts';
import { TestNode } from '../../testing/test-node.ts';

const DOMAIN = 'market.example';
const node = new TestNode();
const other = new TestNode();
const moved = homeAt(join(node.folder, 'moved'));

before(async () => {
  await Promise.all(
    [node, other].map(async (each) => {
      assert.equal((await each.init()).code, 0);
      const up = await each.ioi('up', '--detach');
      assert.equal(up.code, 0, up.stderr);
      assert.equal((await each.activate()).code, 0);
    }),
  );
});

after(async () => {
  await runIoi(['down'], { env: { IOI_HOME: moved.folder } });
  await Promise.all([node.close(), other.close()]);
});

async function good(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr);
  return stdout;
}

function owned(of: TestNode, ...args: string[]): Promise<string> {
  return good(of.ioi(...args, '--passphrase-file', of.passphraseFile));
}

type Asking = { readonly home: Home; readonly token: string; readonly path: string };

function ask({ home, token, path }: Asking, body?: object): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const { daemon: socketPath } = findSockets(home);
  const method = body === undefined ? 'GET' : 'POST';
  const asking = request({ socketPath, path, method, headers }, resolve);
  asking.on('error', reject);
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** `200`, or the code it was refused with. */
async function reads(home: Home, token: string, about: object): Promise<string> {
  const body = { projection: 'actions', consistency: 'cached_projection', ...about };
  const answer = await ask({ home, token, path: '/v1/query' }, body);
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  if (answer.statusCode === 200) return '200';
  return String((JSON.parse(text) as { code?: unknown }).code);
}

/** The first event of a subscription: its name, its resume token and its data. */
async function firstEvent(asking: Asking): Promise<{ name: string; id: string; data: unknown }> {
  const stream = await ask(asking);
  assert.equal(stream.statusCode, 200);
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('\n\n')) break;
  }
  const [, name = ''] = /^event: (.*)$/m.exec(text) ?? [];
  const [, id = ''] = /^id: (.*)$/m.exec(text) ?? [];
  const [, data = '{}'] = /^data: (.*)$/m.exec(text) ?? [];
  return { name, id, data: JSON.parse(data) };
}

async function act(home: Home, workspace: string, name: string): Promise<void> {
  const agent = await connectAgent(home);
  await agent.call('create_directory', { path: join(workspace, name) });
  await agent.close();
}

test('a session opens what it names until it is revoked, and the log opens nothing', async () => {
  const issued = JSON.parse(
    await owned(
      node,
      'wallet',
      'session',
      'issue',
      'agent://me/board',
      '--read',
      'actions',
      '--json',
    ),
  ) as { token: string; session: { session_id: string } };
  const { token, session } = issued;
  assert.equal(await reads(node.home, token, {}), '200');
  assert.equal(await reads(node.home, token, { projection: 'receipts' }), 'session.out_of_scope');
  assert.equal(await reads(other.home, token, {}), 'session.invalid');
  const log = await good(node.ioi('export', '--out', '-'));
  const { signature } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  assert.ok(log.includes(session.session_id), 'it stands in the log');
  assert.ok(!log.includes(signature.ml_dsa_44), 'and what opens something does not');
  const list = await good(node.ioi('wallet', 'session', 'list', '--plain'));
  assert.match(list, /agent:\/\/me\/board\tholds\t/);
  await owned(node, 'wallet', 'session', 'revoke', session.session_id.slice(7, 19));
  assert.equal(await reads(node.home, token, {}), 'session.revoked');
  assert.match(await good(node.ioi('wallet', 'session', 'list', '--plain')), /\trevoked\t/);
  const again = await node.ioi(
    ...['wallet', 'session', 'revoke', session.session_id, '--json'],
    ...['--passphrase-file', node.passphraseFile],
  );
  assert.match(again.stderr, /session\.revoked/);
});

test('another owner takes sessions it pinned, knowing how long it may go unaware', async () => {
  for (const each of [node, other]) await good(each.ioi('domain', 'open', DOMAIN));
  const about = { domain: DOMAIN, projection: 'objects' };
  const out = join(node.folder, 'session');
  const issue = ['wallet', 'session', 'issue', 'agent://me/app', '--read', 'objects'];
  const audience = ['--audience', `agentgres://domain/${DOMAIN}`, '--out', out];
  await owned(node, ...issue, ...audience);
  const token = readFileSync(out, 'utf8').trim();
  assert.equal(await reads(node.home, token, about), '200');
  assert.equal(await reads(other.home, token, about), 'session.invalid');
  const issuer = join(node.folder, 'issuer.json');
  await good(node.ioi('wallet', 'session', 'issuer', '--out', issuer));
  const trust = ['wallet', 'session', 'trust', issuer, '--read', 'objects', '--max-stale', '1h'];
  await good(other.ioi(...trust));
  assert.equal(await reads(other.home, token, about), 'session.revocation_unknown');
  const first = await carry('first');
  assert.equal(await reads(other.home, token, about), '200');
  const beyond = { ...about, projection: 'receipts' };
  assert.equal(await reads(other.home, token, beyond), 'session.out_of_scope');
  await owned(node, 'wallet', 'session', 'revoke', '--all');
  await carry('second');
  assert.equal(await reads(other.home, token, about), 'session.revoked');
  const back = await other.ioi('wallet', 'session', 'learn', first, '--json');
  assert.match(back.stderr, /revocations\.older/);
  assert.match(await good(other.ioi('wallet', 'session', 'trusted', '--plain')), /\t2\t/);
  const [known] = await new SessionApi(findSockets(other.home)).pinned();
  await good(other.ioi('wallet', 'session', 'distrust', String(known?.issuer.issuer_id)));
  assert.equal(await reads(other.home, token, about), 'session.invalid');
});

async function carry(name: string): Promise<string> {
  const path = join(node.folder, `${name}.json`);
  writeFileSync(path, await good(node.ioi('wallet', 'session', 'revocations')));
  await good(other.ioi('wallet', 'session', 'learn', path));
  return path;
}

test('a subscription goes on at the node that took over, with the same session', async () => {
  const issue = ['wallet', 'session', 'issue', 'agent://me/app', '--read', 'actions', '--json'];
  const { token } = JSON.parse(await owned(node, ...issue)) as { token: string };
  await act(node.home, node.workspace, 'one');
  const path = '/v1/subscribe?projection=actions';
  const before = await firstEvent({ home: node.home, token, path });
  assert.equal(before.name, 'snapshot');
  const rows = (before.data as SubscriptionEvents['snapshot']).rows.length;
  assert.ok(rows > 0);
  const { node_id: nodeId } = await node.guardian.status();
  await good(node.ioi('down'));
  await owned(node, 'agentgres', 'handover', '--to', moved.folder);
  const up = await runIoi(['up', '--detach'], { env: { IOI_HOME: moved.folder } });
  assert.equal(up.code, 0, up.stderr);
  assert.equal(await reads(moved, token, { domain: nodeDomainOf(nodeId) }), '200');
  await act(moved, node.workspace, 'two');
  const resumed = `${path}&resume=${encodeURIComponent(before.id)}`;
  const after = await firstEvent({ home: moved, token, path: resumed });
  assert.equal(after.name, 'delta');
  assert.equal((after.data as SubscriptionEvents['delta']).put.length, 1);
});
