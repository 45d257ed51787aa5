import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { type Notice, RETRY_AFTER_MS, testNotice } from '../core/notice.ts';
import { homeAt } from '../shell/home.ts';
import { NoticeReceiver } from '../testing/notice-receiver.ts';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { Notifier } from './notifier.ts';
import { writeTargets } from './targets.ts';

const folder = newFolder();
const home = homeAt(folder);
const receiver = new NoticeReceiver();
const over = new AbortController();
const said: string[] = [];
let notifier: Notifier;

before(async () => {
  const url = await receiver.listen();
  const secret = 'a secret of the webhook';
  writeTargets(home, { targets: [{ name: 'hook', kind: 'webhook', url, secret }] });
});

beforeEach(() => {
  receiver.received.length = 0;
  receiver.statuses.length = 0;
  said.length = 0;
  const { signal } = over;
  const say = (line: string): void => void said.push(line);
  notifier = new Notifier({ home, signal, say, retryAfterMs: [5, 5], betweenMs: 1 });
});

after(() => {
  over.abort();
  receiver.close();
  removeFolder(folder);
});

const notice = (id: string): Notice => ({ ...testNotice, kind: 'approval', id });
const idsOf = () => receiver.received.map(({ body }) => JSON.parse(body.toString('utf8')).id);

const saidSomething = (): Promise<string> => until('it says something', () => said[0]);

test('who is away for a moment is tried again, a few times, in order', async () => {
  receiver.statuses.push(503, 429);
  notifier.tell(notice('one'));
  notifier.tell(notice('two'));
  await receiver.count(4);
  assert.deepEqual(idsOf(), ['one', 'one', 'one', 'two']);
  assert.deepEqual(said, []);
});

test('who stays away is given up, with a line, and the next is tried', async () => {
  receiver.statuses.push(500, 500, 500);
  notifier.tell(notice('lost'));
  assert.match(await saidSomething(), /^hook was not notified \(again\)/);
  notifier.tell(notice('next'));
  await receiver.count(4);
  assert.deepEqual(idsOf(), ['lost', 'lost', 'lost', 'next']);
});

test('who refuses, or sends elsewhere, is not tried again', async () => {
  for (const status of [401, 410, 302]) {
    said.length = 0;
    receiver.statuses.push(status);
    notifier.tell(notice(String(status)));
    await saidSomething();
  }
  assert.equal(receiver.received.length, 3);
});

test('a flood keeps the newest few and never more', async () => {
  receiver.statuses.push(503);
  for (let count = 0; count < 1_000; count += 1) notifier.tell(notice(String(count)));
  await receiver.count(18);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const ids = idsOf();
  assert.deepEqual([ids.length, ids.at(-1)], [18, '999']);
});

test('all tries of one notice end within three minutes', () => {
  assert.ok(RETRY_AFTER_MS.reduce((sum, each) => sum + each, 0) <= 180_000);
});
