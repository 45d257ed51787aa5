import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftContract } from './draft-contract.ts';
import { draftPolicy } from './draft-policy.ts';

/** Of each tool: what it takes, what it does, its destinations, what it returns. */
const SERVERS = {
  slack: [
    'send_message(channel text)           send    channel                 text',
    'read_channel(channel limit)          read    -                       text',
    'invite_user(user email channel)      share   user,email,channel      text',
    'get_webpage(url)                     read    url                     text',
    'post_webpage(url content)            send    url                     text',
    'get_channels()                       read    -                       records',
  ],
  travel: [
    'reserve_hotel(hotel start_day end_day)     buy  hotel             text',
    'get_rating_reviews_for_hotels(hotel_names) read -                 text',
    'check_restaurant_opening_hours(names)      ?    names             text',
    'get_all_hotels_in_city(city)               read -                 records',
  ],
  github: [
    'create_issue(owner repo title body labels)         create owner,repo,labels     records',
    'merge_pull_request(owner repo pullNumber)          ?      owner,repo,pullNumber text',
    'get_file_contents(owner repo path)                 read   -                     text',
    'list_issues(owner repo state)                      read   -                     records',
    'add_issue_comment(owner repo issue_number body)    update owner,repo,issue_number text',
  ],
  shell: [
    'run_command(command)                 ?       command                 text',
    'read_output(pid)                     read    -                       text',
    'kill_process(pid)                    ?       pid                     text',
  ],
  browser: [
    'browser_navigate(url)                ?       url                     text',
    'browser_click(element ref)           ?       element,ref             text',
    'navigate(url)                        ?       url                     text',
    'click(selector)                      ?       selector                text',
  ],
  gmail: [
    'search_threads(query)                read    -                       records',
    'send_draft(draft_id)                 send    draft_id                text',
    'trash_message(message_id)            delete  message_id              text',
    'modify_labels(thread_id label)       update  thread_id,label         text',
  ],
} as const;

const NUMBERS = ['pid', 'pullNumber', 'issue_number', 'limit'];

function rowsOf(server: string, lines: readonly string[]) {
  return lines.map((line) => {
    const [, tool = '', given = '', ...rest] = /^(\w+)\(([^)]*)\)\s+(\S+)\s+(\S+)\s+(\S+)$/.exec(
      line,
    ) ?? [''];
    const properties = Object.fromEntries(
      given
        .split(' ')
        .filter((name) => name !== '')
        .map((name) => [name, { type: NUMBERS.includes(name) ? 'integer' : 'string' }]),
    );
    const schemaHash = `sha256:${'0a'.repeat(32)}`;
    const inputSchema = { type: 'object', properties };
    return { contract: draftContract({ server, tool, inputSchema, schemaHash }), wanted: rest };
  });
}

test('the tools of well-known servers are drafted as what they are', () => {
  for (const [server, lines] of Object.entries(SERVERS)) {
    for (const { contract, wanted } of rowsOf(server, lines)) {
      const { effect, act, parameters, returns } = contract;
      const told = parameters.filter((each) => each.is_destination).map((each) => each.argument);
      const is = [effect === 'read' ? 'read' : (act ?? '?'), told.join() || '-', returns];
      assert.deepEqual(is, wanted, `${server} ${contract.tool}`);
    }
  }
});

test('nothing that acts is ever allowed without a condition', () => {
  for (const [server, lines] of Object.entries(SERVERS)) {
    const rows = rowsOf(server, lines);
    const { rules } = draftPolicy(
      server,
      rows.map(({ contract }) => contract),
    );
    for (const { contract, wanted } of rows) {
      const own = rules.filter(({ target }) => target === contract.target);
      const isFree = own.some(
        ({ action, conditions }) => action === 'ALLOW' && Object.keys(conditions).length === 0,
      );
      const [does, told] = wanted;
      assert.equal(isFree, does === 'read' && told === '-', `${server} ${contract.tool}`);
    }
  }
});
