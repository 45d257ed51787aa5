import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunPortTold } from '@ioi/protocol';
import { PortKeeper } from './port-keeper.ts';

/** A keeper of ports 3000 to 3009, with what it did in order. */
function keeping(told: (port: number) => RunPortTold | undefined, taken: readonly number[] = []) {
  const done: string[] = [];
  const overs: (() => void)[] = [];
  const keeper = new PortKeeper([{ from: 3000, to: 3009 }], {
    hold: async (port) => {
      if (taken.includes(port)) throw new Error('address already in use');
      done.push(`hold ${port}`);
      const did = (what: string) => (): void => void done.push(`${what} ${port}`);
      return { letIn: did('let in'), close: did('close') };
    },
    ask: (port) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      overs.push(resolve);
      return { told: Promise.resolve(told(port)), over: promise, close: () => {} };
    },
    say: (line) => void done.push(line),
  });
  const listens = async (...ports: readonly number[]): Promise<void> => {
    keeper.listens(ports);
    await sleep(5);
  };
  return { keeper, done, overs, listens };
}

const yes = (port: number): RunPortTold => ({ port, receipt_id: 'receipt_1' });

test('what listens is let in once the node said so, and closed with it', async () => {
  const { keeper, done, listens } = keeping(yes);
  await listens(22, 3000, 4000);
  await listens(22, 3000, 4000);
  await listens();
  await listens(3000);
  keeper.close();
  const open = 'port 3000 is open: http://127.0.0.1:3000/ (receipt_1)';
  const once = ['hold 3000', 'let in 3000', open, 'close 3000'];
  assert.deepEqual(done, [...once, ...once]);
});

test('what is refused, unanswered or taken is told by name, and asked for once', async () => {
  const refused = { code: 'policy.default_deny', title: 'the policy', receipt_id: 'receipt_2' };
  const { done, listens } = keeping((port) => (port === 3000 ? refused : undefined), [3002]);
  for (const _ of [1, 2]) await listens(3000, 3001, 3002);
  assert.deepEqual(
    done.filter((each) => /^(hold|let in)/.test(each)),
    ['hold 3000', 'hold 3001'],
  );
  assert.deepEqual(done.filter((each) => each.startsWith('port')).sort(), [
    'port 3000 is not opened: policy.default_deny (the policy, receipt_2)',
    'port 3001 is not opened: node.silent (the node says nothing)',
    'port 3002 is not opened: port.taken, address already in use',
  ]);
  assert.deepEqual(done.filter((each) => each.startsWith('close')).length, 2);
});

test('what is taken back is closed, and stays so while it listens on', async () => {
  const { done, overs, listens } = keeping(yes);
  await listens(3000);
  overs[0]?.();
  await listens(3000);
  await listens(3000);
  assert.deepEqual(done.slice(-2), [
    'close 3000',
    'port 3000 is closed: the node, or a person, took it back',
  ]);
  assert.equal(overs.length, 1);
});

test('an answer that is of another port lets nobody in', async () => {
  const { done, listens } = keeping(() => ({ port: 3001, receipt_id: 'receipt_1' }));
  await listens(3000);
  assert.ok(!done.some((each) => each.startsWith('let in')));
});
