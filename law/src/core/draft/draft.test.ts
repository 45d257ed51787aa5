import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules, RuntimeToolContract } from '@ioi/protocol';
import { loadPolicy } from '../policy/index.ts';
import { draftContract, isContract } from './draft-contract.ts';
import { draftPolicy } from './draft-policy.ts';
import { isDestination } from './parameters.ts';

const schemaHash = `sha256:${'0a'.repeat(32)}`;

function drafted(tool: string, properties: object = {}, about: object = {}) {
  const inputSchema = { type: 'object', properties };
  const contract = draftContract({ server: 'mail', tool, inputSchema, schemaHash, ...about });
  assert.ok(isContract(contract));
  return contract;
}

function destinationsOf({ parameters }: RuntimeToolContract): string[] {
  return parameters.filter((each) => each.is_destination).map(({ argument }) => argument);
}

const text = { type: 'string' };
const whole = { type: 'integer' };

function named(...names: string[]): object {
  return Object.fromEntries(names.map((name) => [name, text]));
}

test('a tool reads where its name begins so and holds no verb that acts', () => {
  const rows = [
    ['get_balance', 'read', undefined],
    ['listFiles', 'read', undefined],
    ['mail_list_threads', 'read', undefined],
    ['get_draft_emails', 'read', undefined],
    ['list_open_issues', 'read', undefined],
    ['send_money', 'at_most_once', 'send'],
    ['create_draft', 'at_most_once', 'create'],
    ['create_and_send', 'at_most_once', undefined],
    ['calendar.cancel-event', 'at_most_once', 'delete'],
    ['getURLAndDelete', 'at_most_once', 'delete'],
    ['frobnicate', 'at_most_once', undefined],
  ] as const;
  for (const [tool, effect, act] of rows) {
    const contract = drafted(tool);
    assert.deepEqual([contract.effect, contract.act], [effect, act], tool);
  }
  const described = (tool: string, description: string) => drafted(tool, {}, { description });
  assert.equal(described('mail', 'Sends a mail').act, 'send');
  assert.equal(described('frobnicate', 'Lists what there is').effect, 'at_most_once');
  assert.equal(drafted('frobnicate').risk_class, 'high');
});

test('a verb that reads, anywhere but in front, makes no read', () => {
  const acting = `run_query execute_query query get_or_create fetch_and_delete check_out check_in
    find_and_replace read_and_archive mark_as_read mark_all_notifications_read purge_list
    empty_list todo_list_delete mailing_list_add_member kill_query reset_count
    rerun_failed_check look_and_buy check_and_fix view_and_edit trigger_fetch exec_read
    format_disk_list approve_query read_and_frobnicate search_and_book`;
  for (const tool of acting.split(/\s+/)) {
    assert.equal(drafted(tool).effect, 'at_most_once', tool);
  }
  assert.equal(drafted('purge_list', {}, { server: 'purge' }).effect, 'at_most_once');
  const description = 'Shows the output of a command after running it';
  assert.equal(drafted('run_command', {}, { description }).effect, 'at_most_once');
  for (const name of ['sql', 'command', 'cmd', 'source_code', 'script', 'statement']) {
    const contract = drafted('get_rows', named(name));
    assert.deepEqual([contract.effect, contract.act], ['at_most_once', undefined], name);
  }
});

test('every argument of an act is a destination but contents, times and measures', () => {
  const send = drafted('send_money', {
    ...named('recipient', 'subject', 'date', 'first_name', 'whatever'),
    amount: { type: 'number' },
    recurring: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
    id: whole,
  });
  assert.deepEqual(destinationsOf(send), ['recipient', 'whatever', 'id']);
  assert.equal(send.parameters.find(({ argument }) => argument === 'subject')?.kind, 'content');
});

test('an act whose arguments are not all listed always asks', () => {
  const listed = { server: 'mail', tool: 'send_mail', schemaHash };
  for (const open of [
    { $ref: '#/$defs/mail' },
    { type: 'object', patternProperties: { '.*': text } },
    { type: 'object', additionalProperties: true },
    { type: 'object', properties: named('to'), additionalProperties: text },
  ]) {
    const { act, effect } = draftContract({ ...listed, inputSchema: open });
    assert.deepEqual([act, effect], [undefined, 'at_most_once']);
    const read = draftContract({ ...listed, tool: 'get_mails', inputSchema: open });
    assert.equal(read.effect, 'at_most_once');
  }
  const closed = { type: 'object', properties: named('to'), additionalProperties: false };
  assert.equal(draftContract({ ...listed, inputSchema: closed }).act, 'send');
});

test('what an argument is tells the last word of its name, no other', () => {
  const names = `messageId message_id order_id page_id comment_id label_id place_id note_path
    last_account account account_number phone topic query filter label page reply_to`;
  const told = names.split(/\s+/);
  for (const tool of ['publish_event', 'update_thing', 'delete_thing']) {
    assert.deepEqual(destinationsOf(drafted(tool, named(...told))), told, tool);
  }
  const numbers = {
    pullNumber: whole,
    issue_number: whole,
    account: whole,
    pid: whole,
    text: whole,
  };
  const measures = { amount: whole, due_date: text, limit: whole, body: text };
  const contract = drafted('update_thing', { ...numbers, ...measures });
  assert.deepEqual(destinationsOf(contract), Object.keys(numbers));
});

test('what is deleted is told by everything that is said of it', () => {
  const contract = drafted('delete_note', named('title', 'subject', 'text', 'reason'));
  assert.deepEqual(destinationsOf(contract), ['title', 'subject', 'text']);
  assert.deepEqual(destinationsOf(drafted('update_note', named('title', 'body'))), ['title']);
});

test('a read that goes out is told by where it goes', () => {
  const told = `url href src address hostname endpoint request feed webhook email_to site_url`;
  for (const name of told.split(' ')) {
    const contract = drafted('get_thing', named(name, 'query'));
    assert.deepEqual(destinationsOf(contract), [name]);
  }
  const inner = { type: 'object', properties: named('url') };
  const formatted = { type: 'string', format: 'uri' };
  const fetched = drafted('fetch', { options: inner, what: formatted, request_id: text, n: whole });
  assert.deepEqual(destinationsOf(fetched), ['options', 'what']);
  assert.deepEqual(destinationsOf(drafted('search_web', named('query'))), ['query']);
  assert.deepEqual(destinationsOf(drafted('search_mail', named('query'))), []);
});

test('what lists many things returns records, and everything else running text', () => {
  const records = `get_most_recent_transactions get_scheduled_transactions get_user_info get_iban
    get_balance get_unread_emails get_sent_emails get_received_emails get_draft_emails
    search_emails search_contacts_by_name search_calendar_events get_day_calendar_events
    list_files search_files search_files_by_filename create_event`;
  const running = `read_file read_emails get_file get_files get_file_by_id get_page get_webpage
    get_website get_document get_article get_url get_content get_file_contents get_site get_text
    get_snapshot get_transcript get_thread get_pdf get_email get_message get_news fetch
    fetch_events execute web_search search_web_pages search_internet_sources view_events
    get_status send_mail`;
  for (const tool of records.split(/\s+/)) assert.equal(drafted(tool).returns, 'records', tool);
  for (const tool of running.split(/\s+/)) assert.equal(drafted(tool).returns, 'text', tool);
});

test('names that fit into no contract are no draft to keep', () => {
  const draftOf = (tool: string, properties: object) =>
    draftContract({ server: 'mail', tool, inputSchema: { properties }, schemaHash });
  assert.ok(isContract(draftOf('a', {})));
  assert.ok(!isContract(draftOf('a b', {})));
  assert.ok(!isContract(draftOf('a', named('arguments'))));
  assert.ok(!isContract(draftOf('a', named(''))));
  const many = Array.from({ length: 65 }, (_, at) => `p${at}`);
  assert.ok(!isContract(draftOf('a', named(...many))));
});

function rulesOf(policy: ActionRules, target: string) {
  return policy.rules
    .filter((rule) => rule.target.endsWith(target))
    .map(({ action, conditions }) => [action, Object.keys(conditions).join()]);
}

const READ = [['ALLOW', '']];
const READ_OUT = [
  ['ALLOW', 'allow_origins'],
  ['REQUIRE_APPROVAL', ''],
];
const ACT = [
  ['ALLOW', 'allow_origins,requested'],
  ['REQUIRE_APPROVAL', ''],
];

test('a drafted policy loads; acts ask, reads do not, addresses are looked at', () => {
  const contracts = [drafted('get_balance'), drafted('send_money'), drafted('get_x', named('url'))];
  const policy = draftPolicy('mail', contracts);
  const loaded = loadPolicy(JSON.stringify(policy));
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(rulesOf(policy, 'get_balance'), READ);
  assert.deepEqual(rulesOf(policy, 'send_money'), ACT);
  assert.deepEqual(rulesOf(policy, 'get_x'), READ_OUT);
});

test('paths and addresses are destinations by their kind, unless a contract says otherwise', () => {
  const about = { argument: 'a', parameter: 'a' };
  for (const kind of ['path', 'path_list', 'url'] as const) {
    assert.ok(isDestination({ ...about, kind }));
    assert.ok(!isDestination({ ...about, kind, is_destination: false }));
    const contract = { ...drafted('read_file'), parameters: [{ ...about, kind }] };
    assert.deepEqual(rulesOf(draftPolicy('p', [contract]), 'read_file'), READ_OUT);
  }
  assert.ok(!isDestination({ ...about, kind: 'value' }));
});

test('of several tools with one target the strictest says what goes, in any order', () => {
  const target = 'mcp::mail::x';
  const of = (...contracts: RuntimeToolContract[]) =>
    rulesOf(
      draftPolicy(
        'p',
        contracts.map((each) => ({ ...each, target })),
      ),
      target,
    );
  const [read, out, act] = [drafted('get_a'), drafted('get_b', named('url')), drafted('send_c')];
  assert.deepEqual(of(read, out), READ_OUT);
  assert.deepEqual(of(act, out, read), ACT);
  assert.deepEqual(of(read, act, out), ACT);
});
