import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import type { WorkerRunStatus } from '@ioi/protocol';
import { addPaymentServer } from '../testing/mail-server.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const signed = ['--passphrase-file', node.passphraseFile];
const worker = join(node.folder, 'buyer.guest.js');

const WORKER = `
const any = { type: 'object' };
ioi.task('buy', { input: any, output: any }, async (given, agent) => {
  const { amount, unit = 'usd', about, call } = given;
  try {
    if (call) return { paid: await agent.tool.call('till', 'pay', call) };
    return { paid: await agent.spend({ amount, unit }, 'shop', about) };
  } catch (fault) {
    return { code: fault.code, message: fault.message };
  }
});
`;

/** Asked about, and at most so much in a session. */
const POLICY = {
  policy_id: 'buyers',
  defaults: 'deny_all',
  rules: [
    {
      ...{ rule_id: 'ask', target: 'cap::spend', action: 'REQUIRE_APPROVAL' },
      conditions: { max_session_spend: { amount: '20', unit: 'usd' } },
    },
  ],
};

before(async () => {
  writeFileSync(worker, WORKER);
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  writeFileSync(node.home.policy, JSON.stringify(POLICY));
  assert.equal((await node.activate()).code, 0);
});

after(() => node.close());

async function said(...args: readonly string[]) {
  const ran = await node.ioi(...args, '--json');
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

const asked = (input: object, ...more: readonly string[]): readonly string[] => [
  ...['worker', 'run', worker, '--input', JSON.stringify(input)],
  ...['--workspace', node.workspace, ...more],
];

async function outcome(input: object): Promise<{ code: string; message: string }> {
  const { output } = (await said(...asked(input))) as WorkerRunStatus;
  const { code = '', message = '' } = Object(output);
  return { code, message };
}

async function bind(changed: Parameters<typeof addPaymentServer>[1] = {}): Promise<string> {
  const log = addPaymentServer(node, changed);
  await said('mcp', 'test', 'till').catch(() => {});
  await node.ioi('down');
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  return log;
}

const spent = async (): Promise<string> =>
  (await node.ioi('wallet', 'audit', '--kind', 'spend')).stdout;

test('without a payment connector nothing is paid, asked or counted', async () => {
  const { code, message } = await outcome({ amount: '9.50' });
  assert.equal(code, 'spend.no_connector', message);
  assert.match(message, /no payment connector is bound here/);
  for (const amount of ['0', '-1', 'many', '1e3', '1.0000000000000000001']) {
    assert.equal((await outcome({ amount })).code, 'step.params_invalid', amount);
  }
  assert.deepEqual(await node.guardian.pending(), []);
  assert.doesNotMatch(await spent(), /usd/);
});

test('a contract under which one could pay without a grant, or twice, is none', async () => {
  await bind({ authority_scopes: [] });
  const call = { amount: { amount: '1', unit: 'usd' }, to: 'shop' };
  for (const each of [{ amount: '1' }, { call }]) {
    const { code, message } = await outcome(each);
    assert.equal(code, 'spend.connector_unfit', message);
  }
});

test('a payment is granted, approved, done and counted once, over a kill', async () => {
  const log = await bind();
  const uncounted = { amount: { amount: '1e3', unit: 'usd' }, to: 'shop' };
  assert.equal((await outcome({ call: uncounted })).code, 'step.params_invalid');
  const unknown = await outcome({ amount: '1', about: { tip: '1' } });
  assert.match(
    `${unknown.code} ${unknown.message}`,
    /params_invalid .*amount, payee, memo, not tip/,
  );
  const opened = (await said(
    ...asked({ amount: '9.50', about: { memo: 'paper' } }, '--detach'),
  )) as WorkerRunStatus;
  const { run_id } = opened.envelope;
  const request = await until('a grant is asked for', async () => {
    const { requests } = await said('wallet', 'requests');
    return requests[0] as { authority_request_id: string; subject_id: string } | undefined;
  });
  const lease = ['--lease', '--resource', 'tool://till/**', '--budget', '12', '--calls', '5'];
  await said('wallet', 'grant', request.authority_request_id, ...lease, ...signed);
  const item = await node.waiting();
  const daemon = processesNaming(node.folder).find((pid) => {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('hosts/daemon/src/main.');
  });
  assert.ok(daemon);
  process.kill(daemon, 'SIGKILL');
  await until('the run goes on', async () => {
    const { code, stdout } = await node.ioi('worker', 'show', run_id, '--json');
    return code === 0 && JSON.parse(stdout).envelope.state === 'awaiting_approval';
  });
  const approved = await node.ioi('approve', item.request_hash, ...signed);
  assert.equal(approved.code, 0, approved.stderr);
  const ended = await until('it ends', async () => {
    const status = (await said('worker', 'show', run_id)) as WorkerRunStatus;
    return status.completion === undefined ? undefined : status;
  });
  assert.equal(ended.envelope.state, 'completed', JSON.stringify(ended));
  assert.ok('paid' in (ended.output as object), JSON.stringify(ended.output));
  const paid = { amount: { amount: '9.50', unit: 'usd' }, to: 'shop', memo: 'paper' };
  assert.deepEqual(JSON.parse(readFileSync(log, 'utf8')), paid);
  const { grants } = await said('wallet', 'leases');
  assert.equal(grants[0].remaining.budget_usd, '2.5');
  assert.match(await spent(), /9\.5 usd/);
});

test('what is beyond the grant, or the rules, is not paid', async () => {
  const over = await outcome({ amount: '21' });
  assert.equal(over.code, 'policy.budget_exhausted', over.message);
  // More than the lease has left, and what it does not speak of.
  for (const asking of [{ amount: '3' }, { amount: '1', unit: 'eur' }]) {
    const opened = (await said(...asked(asking, '--detach'))) as WorkerRunStatus;
    const { requests } = await until('a grant is asked for', async () => {
      const all = await said('wallet', 'requests');
      return all.requests.length > 0 && all;
    });
    const { authority_request_id: id } = requests[0];
    await said('wallet', 'deny-request', id, '--reason', 'no', ...signed);
    const status = await until('it ends', async () => {
      const shown = (await said('worker', 'show', opened.envelope.run_id)) as WorkerRunStatus;
      return shown.completion && shown;
    });
    assert.equal((status.output as { code: string }).code, 'authority.denied');
  }
  const out = join(node.folder, 'all.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  assert.equal((await node.ioi('verify', out)).code, 0);
});
