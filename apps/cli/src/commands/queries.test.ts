import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { verifyRead } from '@ioi/verifier';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { IOI, killedAfter } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
let agent: Agent;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  agent = await connectAgent(node.home);
  await agent.call('list_directory', { path: node.workspace });
  await agent.call('read_text_file', { path: join(node.workspace, '.env') });
});

after(async () => {
  await agent.close();
  await node.close();
});

test('rows of a projection come as a table, as CSV and as JSON lines', async () => {
  const shown = await node.ioi('query', 'actions', '--where', 'state=blocked');
  assert.equal(shown.code, 0, shown.stderr);
  const [titles = '', row = '', ...rest] = shown.stdout.trimEnd().split('\n');
  assert.match(titles, /^REQUEST_HASH +STATE +AGENT_ID/);
  assert.match(row, /blocked .*policy\.blocked +never_touch_secrets/);
  assert.deepEqual(rest, []);
  assert.match(shown.stderr, /^domain_seq:\d+, linearized_domain$/m);
  const csv = await node.ioi('query', 'actions', '--csv', '--order', '-decided_seq');
  const lines = csv.stdout.split('\r\n');
  assert.match(lines[0] ?? '', /^request_hash,state,agent_id,verdict,code/);
  assert.match(lines[1] ?? '', /,blocked,/);
  assert.match(lines[2] ?? '', /,completed,/);
  const json = await node.ioi('query', 'receipts', '--json', '--where', 'seq>0', '--limit', '2');
  const rows = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(rows.length, 2);
  assert.ok(rows[0].seq < rows[1].seq && typeof rows[0].body === 'object');
  const plain = await node.ioi('query', 'contracts', '--plain', '--where', 'tool=read_text_file');
  assert.match(plain.stdout, /^sha256:[0-9a-f]{64}\t.*\tread_text_file\t/);
  const paged = await node.ioi('query', 'receipts', '--limit', '1');
  const after = /--after (\S+)/.exec(paged.stderr)?.[1] ?? '';
  const next = await node.ioi('query', 'receipts', '--limit', '1', '--after', after);
  assert.notEqual(next.stdout, paged.stdout);
});

test('what can be queried is listed, and what cannot says what can', async () => {
  const listed = await node.ioi('projections', '--plain');
  const names = listed.stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0]);
  for (const name of ['actions', 'receipts', 'custody', 'capabilities', 'local-settlements']) {
    assert.ok(names.includes(name), name);
  }
  const attempts: [string[], RegExp][] = [
    [['query', 'nothing'], /no projection nothing\n {2}next: ioi projections/],
    [['query', 'actions', '--where', 'nope=1'], /no column nope; there are request_hash/],
    [['query', 'actions', '--where', 'decided_seq=x'], /takes integer/],
    [['query', 'actions', '--consistency', 'eventual'], /must be one of cached_projection/],
    [['query', 'actions', '--limit', '9999'], /from 1 to 1000/],
    [['query', 'actions', '--after', 'x'], /no page of this query/],
    [['watch', 'nothing'], /no projection nothing/],
    [['watch', 'actions', '--where', 'decided_seq>1'], /filters by equality/],
  ];
  for (const [args, says] of attempts) {
    const { code, stderr } = await node.ioi(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, says);
  }
});

test('rows that are bound to a state root come with what shows it', async () => {
  const consistency = 'state_root_consistent';
  const shown = await node.ioi('query', 'actions', '--consistency', consistency);
  assert.equal(shown.code, 0, shown.stderr);
  const { projection } = await node.daemon.query({ projection: 'actions', consistency });
  const answer = await node.daemon.query({ projection, consistency });
  const verified = verifyRead(answer.proof);
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.equal(answer.watermark, `domain_seq:${verified.value.size - 1}`);
  assert.equal(answer.state_root, verified.value.state_root);
  const states = new Map(
    answer.proof?.objects.map(({ id, value }) => [id, (value as { state: string }).state]),
  );
  assert.ok(answer.rows.length >= 2);
  for (const row of answer.rows)
    assert.equal(states.get(String(row['request_hash'])), row['state']);
});

test('a watcher sees rows change, and goes on when the node comes back', async (t) => {
  const watch = spawn(process.execPath, [IOI, 'watch', 'actions', '--json'], {
    env: { IOI_HOME: node.home.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killedAfter(t, watch);
  let said = '';
  watch.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const told = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await until('the rows are there', () => told()[0]?.event === 'snapshot');
  const before = told()[0].data.rows.length;
  await agent.call('list_directory', { path: node.workspace });
  await until('a change is told', () => told().at(-1)?.data.put?.[0]?.state === 'completed');
  await agent.close();
  assert.equal((await node.ioi('down')).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  agent = await connectAgent(node.home);
  await agent.call('read_text_file', { path: join(node.workspace, 'notes.txt') });
  await until('it goes on', () => {
    const states = told().flatMap(({ data }) => data.put ?? []);
    return new Set(states.map((row) => row.request_hash)).size === 2;
  });
  assert.equal(
    told().filter(({ event }) => event === 'snapshot').length,
    1,
    'nothing is told again',
  );
  assert.ok(before >= 2);
  watch.kill('SIGINT');
  await once(watch, 'close');
});
