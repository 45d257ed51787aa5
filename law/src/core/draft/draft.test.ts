import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActionRules, isRuntimeToolContract } from '@ioi/protocol';
import { loadPolicy } from '../policy/index.ts';
import { actOf, isRequested } from './acts.ts';
import { draftContract } from './draft-contract.ts';
import { draftPolicy } from './draft-policy.ts';

const schemaHash = `sha256:${'0a'.repeat(32)}`;

function drafted(tool: string, properties: object = {}, description = '') {
  const inputSchema = { type: 'object', properties };
  const contract = draftContract({ server: 'mail', tool, description, inputSchema, schemaHash });
  assert.ok(isRuntimeToolContract(contract));
  return contract;
}

function destinationsOf({ parameters }: ReturnType<typeof drafted>): string[] {
  return parameters.filter((each) => each.is_destination).map(({ argument }) => argument);
}

test('a tool is read by the verb it is called by, the careful way where that says nothing', () => {
  const rows = [
    ['get_balance', 'read', undefined],
    ['listFiles', 'read', undefined],
    ['send_money', 'at_most_once', 'send'],
    ['calendar.cancel-event', 'at_most_once', 'delete'],
    ['frobnicate', 'at_most_once', undefined],
  ] as const;
  for (const [tool, effect, act] of rows) {
    const contract = drafted(tool);
    assert.deepEqual([contract.effect, contract.act], [effect, act], tool);
  }
  assert.equal(drafted('mail', {}, 'Sends a mail').act, 'send');
  assert.equal(drafted('frobnicate').risk_class, 'high');
});

test('every argument of an act is a destination but contents, times and measures', () => {
  const text = { type: 'string' };
  const send = drafted('send_money', {
    recipient: text,
    amount: { type: 'number' },
    subject: text,
    date: text,
    recurring: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
    whatever: text,
    id: { type: 'integer' },
  });
  assert.deepEqual(destinationsOf(send), ['recipient', 'whatever', 'id']);
  assert.equal(send.parameters.find(({ argument }) => argument === 'subject')?.kind, 'content');
  assert.deepEqual(destinationsOf(drafted('get_page', { url: text, query: text })), ['url']);
});

test('what a document holds is running text; what a listing holds are records', () => {
  assert.equal(drafted('read_file').returns, 'text');
  assert.equal(drafted('search_files').returns, 'records');
});

test('a drafted policy loads; acts ask, reads do not, addresses are looked at', () => {
  const url = { url: { type: 'string' } };
  const contracts = [drafted('get_balance'), drafted('send_money'), drafted('get_page', url)];
  const policy = draftPolicy('mail', contracts);
  const loaded = loadPolicy(JSON.stringify(policy));
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const of = (tool: string) =>
    policy.rules
      .filter(({ target }) => target.endsWith(tool))
      .map(({ action, conditions }: ActionRules['rules'][number]) => [
        action,
        Object.keys(conditions).join(),
      ]);
  assert.deepEqual(of('get_balance'), [['ALLOW', '']]);
  assert.deepEqual(of('send_money'), [
    ['ALLOW', 'allow_origins,requested'],
    ['REQUIRE_APPROVAL', ''],
  ]);
  assert.deepEqual(of('get_page'), [
    ['ALLOW', 'allow_origins'],
    ['REQUIRE_APPROVAL', ''],
  ]);
});

test('a task asks for an act in any form of its verbs, no noun that looks like one', () => {
  assert.ok(isRequested('send', 'Please REFUND him'));
  assert.ok(isRequested('update', 'I want it rescheduled'));
  assert.ok(isRequested('delete', 'try cancelling the event'));
  assert.ok(!isRequested('send', 'Who is the sender of the last email?'));
  assert.ok(!isRequested('delete', 'What is in my inbox?'));
  assert.equal(actOf('delete_email'), 'delete');
});
