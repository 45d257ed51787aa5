import { deepEqual, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Guide, shellLines } from './guide.ts';
import { STEPS } from './run.ts';
import { SealedLog } from './sealed-log.ts';
import { disordered, lineOf, type Outcome, type Step, takeSteps } from './steps.ts';
import { versionAfter } from './version-after.ts';

const GUIDE = new URL('../../../../docs/guides/first-steps.md', import.meta.url);

const step = (name: string, needs: readonly string[], seen: string | Error): Step<string[]> => ({
  name,
  needs,
  take: async (taken) => {
    taken.push(name);
    if (seen instanceof Error) throw seen;
    return seen;
  },
});

test('a step that fails takes along those that need it, and no others', async () => {
  const steps = [
    step('one', [], 'seen'),
    step('two', ['one'], new Error('not there')),
    step('three', ['two'], 'seen'),
    step('four', ['one'], 'seen too'),
  ];
  const [taken, told]: [string[], Outcome[]] = [[], []];
  const outcomes = await takeSteps(steps, taken, (outcome) => told.push(outcome));
  deepEqual(taken, ['one', 'two', 'four']);
  deepEqual(told, outcomes);
  deepEqual(
    outcomes.map(({ step: name, state, seen }) => [name, state, seen]),
    [
      ['one', 'ok', 'seen'],
      ['two', 'FAILED', 'not there'],
      ['three', 'FAILED', 'not tried, without two'],
      ['four', 'ok', 'seen too'],
    ],
  );
  match(
    lineOf({ step: 'two', state: 'FAILED', seen: 'a\nb', ms: 1250 }),
    /^FAILED two +1\.3 s {2}a$/,
  );
});

test('the life of a node is whole, and each step comes after what it needs', () => {
  deepEqual(disordered(STEPS), []);
  deepEqual(disordered([step('late', ['early'], ''), step('early', [], '')]), ['late needs early']);
  const names = STEPS.map(({ name }) => name);
  deepEqual(names, [
    ...['install', 'demo', 'init', 'up', 'policy', 'connect', 'allowed', 'blocked', 'approval'],
    ...['once', 'why', 'guide', 'tool', 'worker', 'export', 'verify', 'backup', 'loss'],
    ...['recovery', 'tightening', 'widening', 'revocation', 'upgrade', 'uninstall', 'data'],
  ]);
});

test('a guide is followed in order: no line is left out or taken before its turn', () => {
  const guide = new Guide('text\n```sh\n# why\nioi up  # so\n\nioi down\n```\n```json\n{}\n```\n');
  deepEqual(guide.left, ['ioi up', 'ioi down']);
  let said = '';
  try {
    guide.next(/^ioi down/);
  } catch (fault) {
    said = String(fault);
  }
  match(said, /the guide says `ioi up`/);
  deepEqual([guide.next(/^ioi up/), guide.left], ['ioi up', ['ioi down']]);
  ok(shellLines(readFileSync(GUIDE, 'utf8')).length >= 12);
});

test('what was sealed and done of a request is counted from the lines of a log', () => {
  const receipt = (receipt_type: string, input_hash: string, receipt_id: string) => ({
    type: 'receipt.emitted',
    receipt: { receipt_type, input_hash, receipt_id },
  });
  const committed = { type: 'action.committed', committed: { request_hash: 'sha256:a' } };
  const lines = [
    { format: 'ioi-export/1' },
    {
      operation: 'boundary/action.decide',
      events: [receipt('policy', 'sha256:a', 'r1'), committed],
    },
    { operation: 'wallet/grant.revoke', events: [] },
    { operation: 'boundary/action.receipt', events: [receipt('tool_execution', 'sha256:a', 'r2')] },
    { operation: 'boundary/action.decide', events: [receipt('policy', 'sha256:b', 'r3')] },
  ];
  const log = new SealedLog(lines.map((line) => JSON.stringify(line)).join('\n'));
  deepEqual([log.executionsOf('sha256:a'), log.executionsOf('sha256:b')], [1, 0]);
  deepEqual([log.isCommitted('sha256:a'), log.isCommitted('sha256:b')], [true, false]);
  deepEqual([log.requestOf('r3'), [...log.receiptIds]], ['sha256:b', ['r1', 'r2', 'r3']]);
  deepEqual(log.committedAfter('wallet/grant.revoke'), 0);
  deepEqual(log.committedAfter('boundary/action.decide'), 0);
});

test('the version after another is newer', () => {
  deepEqual(['0.1.0', '1.9.7'].map(versionAfter), ['0.2.0', '1.10.0']);
});
