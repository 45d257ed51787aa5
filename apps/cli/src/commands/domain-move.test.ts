import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { RunningIoi, runIoi } from '../testing/run-ioi.ts';
import {
  MARKET,
  openMarket,
  sampleService,
  serviceClass,
  submit,
} from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

const here = new TestNode();
const there = new TestNode('there');
const at = (name: string): string => join(here.folder, name);
const secret = ['--passphrase-file', there.passphraseFile];
let thereId = '';

before(async () => {
  for (const node of [here, there]) {
    assert.equal((await node.init()).code, 0);
    const up = await node.ioi('up', '--detach');
    assert.equal(up.code, 0, up.stderr);
  }
  thereId = (await there.daemon.status()).node_id;
  await openMarket(here, 300);
});

after(async () => {
  await here.close();
  await there.close();
});

const codeOf = (stderr: string): string => JSON.parse(stderr).error.code;
const put = (id: string) => submit(here, 'objects/put', sampleService(id));
const move = (...more: string[]) => here.ioi('domain', 'move', MARKET, ...more, '--json');
const restore = (file: string, ...more: string[]) => {
  const args = ['archive', 'restore', at(file), '--as', MARKET, ...secret, ...more, '--json'];
  return there.ioi(...args);
};

test('a domain that leaves is sealed for where it goes, and may still stay', async () => {
  const recipient = ['--recipient', join(there.home.guardian, 'identity.json')];
  const to = ['--to-node', thereId, ...recipient, '--to', at('first')];
  assert.equal((await move('--to', at('first'))).code, 2);
  const left = await move(...to);
  assert.equal(left.code, 0, left.stderr);
  const refused = await put('late');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /is being moved to agentgres:\/\/domain\/market\.example at node:/);
  assert.match(refused.stderr, /next: ioi domain move DOMAIN --finish FILE, or --cancel/);
  const other = `node://local/${'0'.repeat(32)}`;
  const elsewhere = await move('--to-node', other, ...recipient, '--to', at('second'));
  assert.match(elsewhere.stderr, /on its way/);
  assert.equal(codeOf((await restore('first')).stderr), 'archive.still_there');
  writeFileSync(at('none.moved'), 'nothing');
  const forged = await restore('first', '--moved', at('none.moved'));
  assert.equal(codeOf(forged.stderr), 'archive.not_moved');
  const wrong = ['archive', 'restore', at('first'), '--as', 'other.example', ...secret, '--json'];
  assert.equal(codeOf((await there.ioi(...wrong)).stderr), 'archive.moved_elsewhere');
  const cancelled = await move('--cancel');
  assert.equal(cancelled.code, 0, cancelled.stderr);
  assert.equal((await put('again')).code, 0);
  assert.match((await move('--finish', at('first'))).stderr, /on no way/);
});

test('a domain ends with no archive of before: of that nobody could make it', async () => {
  const early = 'early.example';
  await here.daemon.domains.open(`agentgres://domain/${early}`);
  const move = (...more: string[]) => here.ioi('domain', 'move', early, ...more, '--json');
  const recipient = ['--recipient', join(there.home.guardian, 'identity.json')];
  const to = (file: string) => move('--to-node', thereId, ...recipient, '--to', at(file));
  writeFileSync(at(`early.1.4194305.part`), 'of a command that was killed');
  const left = await to('early.1');
  assert.equal(left.code, 0, left.stderr);
  assert.equal((await move('--cancel')).code, 0);
  assert.equal((await to('early.2')).code, 0);
  assert.ok(!readdirSync(here.folder).some((name) => name.endsWith('.part')));
  const args = ['archive', 'restore', at('early.2'), '--as', early, ...secret, '--json'];
  const tried = await there.ioi(...args, '--check');
  assert.equal(tried.code, 0, tried.stderr);
  assert.equal(codeOf((await there.ioi(...args)).stderr), 'archive.still_there');
  assert.equal(codeOf((await move('--finish', at('early.1'))).stderr), 'archive.other_archive');
  // What a command that was killed on its way wrote of it.
  writeFileSync(at('early.2.moved'), '');
  assert.equal((await move('--finish', at('early.2'))).code, 0);
  const made = await there.ioi(...args, '--moved', at('early.2.moved'));
  assert.equal(made.code, 0, made.stderr);
});

test('a move of the whole way goes on with an archive of its own, to its very end', async () => {
  const late = 'late.example';
  await here.daemon.domains.open(`agentgres://domain/${late}`);
  const folder = join(here.home.folder, 'moving');
  const file = join(folder, `${late}.archive`);
  const move = (...more: string[]) => here.ioi('domain', 'move', late, ...more, '--json');
  // As a command leaves it that was killed after the move was cancelled.
  const recipient = ['--recipient', join(there.home.guardian, 'identity.json')];
  mkdirSync(folder, { recursive: true });
  assert.equal((await move('--to-node', thereId, ...recipient, '--to', file)).code, 0);
  const { value } = await here.daemon.domains.object(late, 'move', 'move');
  const payload = { move_id: Object(value).move_id };
  await here.daemon.domains.submit(late, { operation: 'move/cancel', payload });
  const whole = ['domain', 'move', late, '--to-home', there.home.folder];
  const env = { IOI_HOME: here.home.folder };
  const input = readFileSync(there.passphraseFile, 'utf8');
  const done = await runIoi([...whole, '--passphrase-file', '-'], { env, input });
  assert.equal(done.code, 0, done.stderr);
  assert.equal(existsSync(file), false);
  // As a command leaves it that was killed before it removed them.
  writeFileSync(file, '');
  const again = await runIoi(whole, { env });
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /it goes on as agentgres:\/\/domain\/late\.example/);
  assert.equal(existsSync(file), false);
});

test('a move that is killed goes on where it was, and one node writes in the end', async (t) => {
  const args = ['domain', 'move', MARKET, '--to-home', there.home.folder, ...secret];
  const env = { IOI_HOME: here.home.folder };
  const domains = here.daemon.domains;
  const stateHere = async (): Promise<unknown> => {
    const head = await domains.object(MARKET, 'move', 'move').catch(() => undefined);
    return Object(head?.value).state;
  };
  const first = new RunningIoi(t, args, { env });
  await until('it leaves', async () => (await stateHere()) === 'leaving');
  await first.stop('SIGKILL');
  assert.equal((await put('late')).code, 2);
  const second = new RunningIoi(t, args, { env });
  await until('it ended here', async () => (await stateHere()) === 'moved');
  await second.stop('SIGKILL');
  assert.match((await put('late')).stderr, /it went on as agentgres:\/\/domain\/market\.example/);
  assert.match((await move('--cancel')).stderr, /it went to/);
  const done = await here.ioi(...args);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /restored agentgres:\/\/domain\/market\.example/);
  const service = await there.daemon.domains.object(MARKET, 'object.Service', 'again');
  assert.equal(Object(service.value).value.name, 'Service again');
  const written = await submit(there, 'objects/put', sampleService('after'));
  assert.equal(written.code, 0, written.stderr);
  assert.match((await put('late')).stderr, /it went on as/);
});

test('both logs verify, and an archive of before the end makes no second domain', async () => {
  for (const [node, name] of [
    [here, 'here.ioi'],
    [there, 'there.ioi'],
  ] as const) {
    const saved = await node.ioi('domain', 'export', MARKET, at(name));
    assert.equal(saved.code, 0, saved.stderr);
    const verified = await runIoi(['verify', at(name)], { env: { IOI_HOME: at('nothing') } });
    assert.equal(verified.code, 0, verified.stdout);
  }
  const shown = await here.ioi('domain', 'export', MARKET, at('again.ioi'));
  assert.equal(shown.code, 0);
  const made = await here.ioi('archive', 'create', MARKET, '--to', at('late'));
  assert.equal(made.code, 0, made.stderr);
  const own = ['--as', 'copy.example', '--passphrase-file', here.passphraseFile, '--json'];
  const copied = await here.ioi('archive', 'restore', at('late'), ...own);
  assert.equal(codeOf(copied.stderr), 'archive.moved_elsewhere');
  assert.ok(readFileSync(at('late')).length > 0);
});

test('a domain that ended is made where it goes, also when its archive was lost', async (t) => {
  const lost = 'lost.example';
  const recipient = ['--recipient', join(there.home.guardian, 'identity.json')];
  await here.daemon.domains.open(`agentgres://domain/${lost}`);
  const { domains } = here.daemon;
  await domains.submit(lost, { operation: 'objects/class.define', payload: serviceClass });
  for (let from = 0; from < 12; from += 1) {
    const steps = Array.from({ length: 32 }, (_, step) => {
      return { action: 'put', ...sampleService(`svc_${from}_${step}`) };
    });
    await domains.submit(lost, { operation: 'objects/transact', payload: { steps } });
  }
  const to = ['--to-node', thereId, ...recipient, '--to', at('lost')];
  for (const args of [to, ['--finish', at('lost')]]) {
    const ran = await here.ioi('domain', 'move', lost, ...args);
    assert.equal(ran.code, 0, ran.stderr);
  }
  const moved = ['--moved', at('lost.moved')];
  const begun = ['archive', 'restore', at('lost'), '--as', lost, ...secret, ...moved];
  const running = new RunningIoi(t, begun, { env: { IOI_HOME: there.home.folder } });
  await until('some of it is made', async () => {
    const status = await there.daemon.domains.status(lost).catch(() => undefined);
    return (status?.size ?? 0) >= 4;
  });
  await running.stop('SIGKILL');
  const again = ['archive', 'create', lost, '--to', at('found'), ...recipient];
  assert.equal((await here.ioi(...again)).code, 0);
  const args = ['archive', 'restore', at('found'), '--as', lost, ...secret];
  const restored = await there.ioi(...args);
  assert.equal(restored.code, 0, restored.stderr);
  const proven = [...args.slice(0, 2), at('lost'), ...args.slice(3), '--moved', at('lost.moved')];
  assert.match((await there.ioi(...proven)).stderr, /is there already/);
});
