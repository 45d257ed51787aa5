import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { readCursor, writeCursor } from '../../audit/cursor.ts';
import type { OcsfEvent } from '../../core/audit/ocsf.ts';
import { connectAgent } from '../../demo/agent.ts';
import { NoticeReceiver } from '../../testing/notice-receiver.ts';
import { type Ran, RunningIoi } from '../../testing/run-ioi.ts';
import { SyslogServer } from '../../testing/syslog-server.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const receiver = new NoticeReceiver();
let url = '';

before(async () => {
  url = await receiver.listen();
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  await act('first.txt');
});

after(async () => {
  await node.close();
  receiver.close();
});

async function act(name: string): Promise<void> {
  const agent = await connectAgent(node.home);
  await agent.call('write_file', { path: join(node.workspace, name), content: 'x' });
  await agent.close();
}

function stream(to: string, ...args: string[]): Promise<Ran> {
  return node.ioi('audit', 'stream', to, '--once', '--json', ...args);
}

function eventsOf(text: string): OcsfEvent[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OcsfEvent);
}

test('a file gets all that was sealed, each once, and nothing of what acts name', async () => {
  const path = join(node.folder, 'audit.jsonl');
  assert.equal((await stream(path)).code, 0);
  const told = eventsOf(readFileSync(path, 'utf8'));
  const uids = told.map(({ metadata }) => metadata.uid);
  assert.equal(new Set(uids).size, uids.length);
  const places = told.map(({ metadata }) => metadata.sequence);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  const act = told.find(({ api }) => api?.operation === 'fs::write');
  assert.deepEqual([act?.action, act?.status], ['Allowed', 'Success']);
  assert.ok(
    told.some(({ type_uid }) => type_uid === 300403),
    'the policy that was activated',
  );
  assert.doesNotMatch(readFileSync(path, 'utf8'), /first\.txt/);
  assert.deepEqual(JSON.parse((await stream(path)).stdout).sent, 0);
  const whole = await stream('-', '--details', '--name', 'whole');
  assert.match(whole.stdout, /first\.txt/);
  assert.equal(eventsOf(whole.stdout).length, told.length);
});

test('what was not taken is sent again, the same, and what is refused moves nothing', async () => {
  const secret = join(node.folder, 'token');
  writeFileSync(secret, 'collector-token\n', { mode: 0o600 });
  const given = ['--name', 'hook', '--token-file', secret];
  receiver.statuses.push(400);
  const refused = await stream(`${url}/in`, ...given);
  assert.equal(refused.code, 5, refused.stderr);
  assert.match(refused.stderr, /audit\.refused/);
  receiver.statuses.push(503);
  const done = await stream(`${url}/in`, ...given);
  assert.equal(done.code, 0, done.stderr);
  const [first, second, third] = receiver.received;
  assert.ok(first && second && third && receiver.received.length === 3);
  assert.equal(third.headers.authorization, 'Bearer collector-token');
  assert.equal(third.headers['content-type'], 'application/x-ndjson');
  assert.deepEqual([first.body, second.body], [third.body, third.body]);
  assert.ok(!readFileSync(join(node.home.folder, 'audit', 'hook.json'), 'utf8').includes('token'));
});

test('what is too large is sent in halves, and a torn line spoils no other', async () => {
  const at = receiver.received.length;
  receiver.statuses.push(413);
  const done = await stream(`${url}/halves?token=very-secret`);
  assert.equal(done.code, 0, done.stderr);
  const [whole, ...halves] = receiver.received.slice(at).map(({ body }) => body);
  assert.equal(halves.length, 2);
  assert.deepEqual(Buffer.concat(halves), whole);
  const listed = await node.ioi('audit', 'list', '--json');
  assert.ok(!listed.stdout.includes('very-secret'));
  const path = join(node.folder, 'torn.jsonl');
  writeFileSync(path, '{"metadata":{"uid":"cut o');
  assert.equal((await stream(path)).code, 0);
  const [torn, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.equal(torn, '{"metadata":{"uid":"cut o');
  assert.ok(lines.length > 1 && lines.every((line) => JSON.parse(line).class_uid > 0));
});

test('a collector of OpenTelemetry gets logs at its own path', async () => {
  const at = receiver.received.length;
  const done = await stream(`otlp+${url}`);
  assert.equal(done.code, 0, done.stderr);
  const sent = receiver.received[at];
  assert.equal(sent?.path, '/v1/logs');
  const { resourceLogs } = JSON.parse(String(sent.body));
  const [{ resource, scopeLogs }] = resourceLogs;
  const { sent: count } = JSON.parse(done.stdout);
  assert.equal(scopeLogs[0].logRecords.length, count);
  assert.match(JSON.stringify(resource), /service\.instance\.id/);
});

test('a collector of OpenTelemetry gets acts as spans, with their receipts', async () => {
  const at = receiver.received.length;
  const done = await stream(`otlp-traces+${url}`);
  assert.equal(done.code, 0, done.stderr);
  const sent = receiver.received.slice(at);
  assert.ok(sent.length > 0 && sent.every(({ path }) => path === '/v1/traces'));
  const spans = sent.flatMap(({ body }) => JSON.parse(String(body)).resourceSpans[0].scopeSpans);
  const all = spans.flatMap((each) => each.spans);
  const write = all.find(({ name }) => name === 'execute_tool fs::write');
  assert.match(JSON.stringify(write), /"ioi.receipt_id","value":\{"stringValue":"receipt_/);
  assert.doesNotMatch(JSON.stringify(all), /"path"|\.txt/);
});

test('a stream follows through a restart of the node, and is listed and forgotten', async (t) => {
  const path = join(node.folder, 'followed.jsonl');
  const { size } = await node.daemon.log({ limit: 1 });
  const to = [path, '--name', 'followed', '--from', String(size)];
  const following = new RunningIoi(t, ['audit', 'stream', ...to], {
    env: { IOI_HOME: node.home.folder },
  });
  const told = (): readonly OcsfEvent[] => eventsOf(readFileSync(path, 'utf8'));
  const has = (count: number) => async () => {
    try {
      return told().filter(({ api }) => api?.operation === 'fs::write').length === count;
    } catch {
      return false;
    }
  };
  await act('second.txt');
  await until('the second act is told', has(1));
  assert.equal((await node.ioi('down')).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  await act('third.txt');
  await until('the third act is told', has(2));
  // The decision is told first, and what became of it a moment later.
  const listed = await until('it has caught up', async () => {
    const { streams } = JSON.parse((await node.ioi('audit', 'list', '--json')).stdout);
    const [one] = streams.filter(({ name }: { name: string }) => name === 'followed');
    return one.behind === 0 ? one : undefined;
  });
  assert.equal(listed.to, path);
  const { code, stdout } = await following.stop('SIGTERM');
  assert.equal(code, 0);
  assert.match(stdout, /told, up to entry/);
  const uids = told().map(({ metadata }) => metadata.uid);
  assert.equal(new Set(uids).size, uids.length);
  assert.equal((await node.ioi('audit', 'forget', 'followed')).code, 0);
  assert.equal((await node.ioi('audit', 'forget', 'followed')).code, 2);
});

test('a log that was put back, another node and a broken cursor end a stream by name', async () => {
  const path = join(node.folder, 'odd.jsonl');
  assert.equal((await stream(path, '--name', 'odd')).code, 0);
  const cursor = readCursor(node.home, 'odd');
  assert.ok(cursor);
  writeCursor(node.home, { ...cursor, last: '999999' });
  const shorter = await stream(path, '--name', 'odd');
  assert.equal(shorter.code, 12);
  assert.match(shorter.stderr, /audit\.log_shorter/);
  writeCursor(node.home, { ...cursor, last_operation: `op_${'00'.repeat(16)}` });
  assert.match((await stream(path, '--name', 'odd')).stderr, /audit\.log_replaced/);
  const elsewhere = await stream(join(node.folder, 'other.jsonl'), '--name', 'odd');
  assert.match(elsewhere.stderr, /goes to .*odd\.jsonl/);
  writeCursor(node.home, { ...cursor, node_id: 'node://other' });
  assert.match((await stream(path, '--name', 'odd')).stderr, /audit\.other_node/);
  writeFileSync(join(node.home.folder, 'audit', 'odd.json'), '{');
  const broken = await stream(path, '--name', 'odd');
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /ioi audit forget odd/);
  for (const to of ['http://collector.example/', 'syslog+tls://h/x', 'ftp://127.0.0.1/']) {
    assert.equal((await stream(to)).code, 2, to);
  }
  assert.equal((await node.ioi('audit', 'forget', 'odd')).code, 0);
});

test('rsyslog takes it over TLS, and a certificate nobody vouches for is refused', async (t) => {
  const server = await SyslogServer.start(node.folder);
  if (server === undefined) return t.skip('no rsyslog with rsyslog-openssl here');
  t.after(() => server.stop());
  const to = `syslog+tls://localhost:${server.port}`;
  const done = await stream(to, '--name', 'syslog', '--ca', server.certificateFile);
  assert.equal(done.code, 0, done.stderr);
  const { sent } = JSON.parse(done.stdout);
  await until('all lines are there', async () => server.lines.length === sent);
  for (const line of server.lines) {
    const [, app, id, json = ''] = /^(\S+) (\S+) (.*)$/s.exec(line.trim()) ?? [];
    assert.equal(app, 'ioi');
    assert.equal(String((JSON.parse(json) as OcsfEvent).class_uid), id);
  }
  const unknown = new RunningIoi(t, ['audit', 'stream', to], {
    env: { IOI_HOME: node.home.folder },
  });
  await until('it says why it waits', async () => /self.signed/.test(unknown.stderr));
  await unknown.stop('SIGTERM');
  assert.equal(server.lines.length, sent);
});
