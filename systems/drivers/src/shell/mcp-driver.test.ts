import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AssertionFault, ok } from '@ioi/basis';
import { digestOf, type Json } from '@ioi/canon';
import type { ActionRequest, Outcome, RuntimeToolContract, SealedAction } from '@ioi/protocol';
import { bindContract } from '../core/bind.ts';
import { filesystemContracts } from '../core/contracts/filesystem.ts';
import { markersFor } from '../core/rrsa.ts';
import { contractOf, requestFor, sealedAction } from '../testing/actions.ts';
import { startFilesystem, startHostile } from '../testing/real-servers.ts';
import { mcpDriver } from './mcp-driver.ts';
import type { Upstream } from './upstream.ts';

type Params = ActionRequest['params'];

const root = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-driver-')));
const records = mkdtempSync(join(tmpdir(), 'ioi-records-'));
const upstream = startFilesystem(root, records);
const at = (...parts: string[]): string => join(root, ...parts);
const edge = { secret: async () => undefined };

function argumentsOf({ request, contract }: SealedAction) {
  const named = contract.parameters.map(({ argument, parameter }) => [
    argument,
    request.params[parameter] as Json,
  ]);
  const rest = (request.params['arguments'] ?? {}) as { [key: string]: Json };
  return ok({ ...rest, ...Object.fromEntries(named) } as { [key: string]: Json });
}

const driver = mcpDriver({ upstream, root, argumentsOf });
const signal = new AbortController().signal;
after(async () => {
  await upstream.close();
  rmSync(root, { recursive: true });
  rmSync(records, { recursive: true });
});

async function decide(tool: string, params: Params): Promise<SealedAction> {
  const contract = contractOf(tool);
  const request = requestFor(contract, params, String(process.hrtime.bigint()));
  const facts = await driver.gather(contract, request);
  assert.ok(facts.ok, facts.ok ? '' : facts.error.message);
  return sealedAction(contract, request, facts.value);
}

const perform = (action: SealedAction): Promise<Outcome> =>
  driver.perform(action, edge, { signal });

async function act(tool: string, params: Params): Promise<Outcome> {
  const action = await decide(tool, params);
  const outcome = await perform(action);
  if (outcome.kind === 'completed') assertEvidence(action, outcome);
  return outcome;
}

/** What completes has every postcondition seen to hold, and the markers of its domain. */
function assertEvidence(action: SealedAction, outcome: Extract<Outcome, { kind: 'completed' }>) {
  const { contract, request, decisionHash } = action;
  for (const name of contract.postconditions) {
    assert.ok(
      outcome.postconditions.some((each) => each.name === name && each.satisfied),
      name,
    );
  }
  const requestHash = digestOf(request);
  assert.ok(requestHash.ok);
  const output = digestOf(outcome.output);
  assert.ok(output.ok);
  const facts = action.committed.facts;
  const bound = { requestHash: requestHash.value, decisionHash };
  const markers = markersFor({ contract, request, facts, output: output.value, ...bound });
  assert.equal(contract.rrsa_domain === 'filesystem', 'rrsa_path_scope_binding' in markers);
}

const textOf = (outcome: Outcome): string =>
  (outcome.output as { content: { text: string }[] }).content[0]?.text ?? '';

test('every tool of the real server has its contract, and no contract lacks its tool', async () => {
  const tools = await upstream.tools();
  const bound = tools.map((tool) => bindContract(filesystemContracts, 'filesystem', tool));
  for (const each of bound) assert.ok(each.ok, each.ok ? '' : each.error.message);
  assert.deepEqual(
    tools.map((tool) => tool.name).sort(),
    filesystemContracts.map((contract) => contract.tool).sort(),
  );
});

test('reads, lists and searches complete with their output', async () => {
  mkdirSync(at('notes'));
  writeFileSync(at('notes', 'a.txt'), 'one\ntwo\n');
  const cases: [string, Params, RegExp][] = [
    ['read_text_file', { path: at('notes/a.txt') }, /^one\ntwo\n$/],
    ['read_text_file', { path: at('notes/a.txt'), arguments: { head: 1 } }, /^one$/],
    ['read_multiple_files', { paths: [at('notes/a.txt')] }, /one/],
    ['list_directory', { path: at('notes') }, /a\.txt/],
    ['search_files', { path: root, arguments: { pattern: '**/*.txt' } }, /a\.txt/],
    ['get_file_info', { path: at('notes/a.txt') }, /size: 8/],
    ['list_allowed_directories', {}, /Allowed/],
  ];
  for (const [tool, params, expected] of cases) {
    const outcome = await act(tool, params);
    assert.equal(outcome.kind, 'completed', tool);
    assert.match(textOf(outcome), expected, tool);
  }
});

test('a write is performed once and verified by what the file holds', async () => {
  const action = await decide('write_file', { path: at('new.txt'), content: 'héllo\n' });
  assert.equal(action.committed.facts.target_exists, false);
  const outcome = await perform(action);
  assert.ok(outcome.kind === 'completed' && !outcome.reportedError);
  assert.equal(readFileSync(at('new.txt'), 'utf8'), 'héllo\n');
  assertEvidence(action, outcome);
  await assert.rejects(perform(action), AssertionFault);
});

test('folders, moves and edits complete and are verified', async () => {
  assert.equal((await act('create_directory', { path: at('x/y') })).kind, 'completed');
  writeFileSync(at('x/from'), 'content');
  const ends = { source: at('x/from'), destination: at('x/y/to') };
  assert.equal((await act('move_file', ends)).kind, 'completed');
  assert.ok(existsSync(at('x/y/to')) && !existsSync(at('x/from')));
  const edits = [{ oldText: 'content', newText: 'changed' }];
  const edited = await act('edit_file', { path: at('x/y/to'), edits });
  assert.equal(edited.kind, 'completed');
  assert.equal(readFileSync(at('x/y/to'), 'utf8'), 'changed');
});

test('an error of the tool that changed nothing is a failure before the effect', async () => {
  writeFileSync(at('kept'), 'kept');
  const edits = [{ oldText: 'absent', newText: 'x' }];
  const edited = await act('edit_file', { path: at('kept'), edits });
  assert.equal(edited.kind, 'failed_before_effect');
  assert.match(textOf(edited), /Could not find/);
  const moved = await act('move_file', { source: at('nowhere'), destination: at('there') });
  assert.equal(moved.kind, 'failed_before_effect');
  const outside = await act('write_file', { path: `${root}-outside`, content: 'x' });
  assert.equal(outside.kind, 'failed_before_effect');
  assert.ok(!existsSync(`${root}-outside`));
});

test('a fact that changed after the decision stops the write', async () => {
  const action = await decide('write_file', { path: at('raced'), content: 'mine' });
  writeFileSync(at('raced'), 'theirs');
  const outcome = await perform(action);
  assert.equal(outcome.kind, 'failed_before_effect');
  assert.match((outcome as { reason: string }).reason, /target_exists/);
  assert.equal(readFileSync(at('raced'), 'utf8'), 'theirs');
});

test('a folder swapped for a link after the decision stops the write', async () => {
  mkdirSync(at('swapped'));
  mkdirSync(at('secret'));
  const action = await decide('write_file', { path: at('swapped/file'), content: 'x' });
  renameSync(at('swapped'), at('away'));
  symlinkSync(at('secret'), at('swapped'));
  const outcome = await perform(action);
  assert.equal(outcome.kind, 'failed_before_effect');
  assert.match((outcome as { reason: string }).reason, /no longer leads/);
  assert.ok(!existsSync(at('secret/file')));
});

test('a contract for another schema is not performed', async () => {
  const contract: RuntimeToolContract = {
    ...contractOf('read_text_file'),
    schema_hash: `sha256:${'00'.repeat(32)}`,
  };
  const facts = { workspace_root: root };
  const action = sealedAction(contract, requestFor(contract, { path: at('kept') }), facts);
  const outcome = await perform(action);
  assert.match((outcome as { reason: string }).reason, /input schema/);
});

test('reconciling tells what was performed from what was not', async () => {
  const write = await decide('write_file', { path: at('after-crash'), content: 'x' });
  assert.equal((await driver.reconcile(write)).kind, 'not_performed');
  writeFileSync(at('after-crash'), 'y');
  assert.equal((await driver.reconcile(write)).kind, 'unknown');
  writeFileSync(at('after-crash'), 'x');
  assert.equal((await driver.reconcile(write)).kind, 'performed');
});

test('after a restart absence proves nothing while the old server may live', async () => {
  const write = await decide('write_file', { path: at('never-written'), content: 'x' });
  const blind = startFilesystem(root);
  const without = mcpDriver({ upstream: blind, root, argumentsOf });
  assert.equal((await without.reconcile(write)).kind, 'unknown');
  await upstream.close();
  const next = startFilesystem(root, records);
  const restarted = mcpDriver({ upstream: next, root, argumentsOf });
  assert.equal((await restarted.reconcile(write)).kind, 'not_performed');
  await Promise.all([blind.close(), next.close()]);
});

test('a server that is not there, or dies while it acts, is told apart', async () => {
  const hostile = (mode?: string): Upstream => startHostile(undefined, mode);
  const schema = digestOf({ type: 'object' });
  assert.ok(schema.ok);
  const contract: RuntimeToolContract = {
    ...contractOf('write_file'),
    server: 'hostile',
    tool: 'die',
    schema_hash: schema.value,
    facts: [],
    parameters: [],
  };
  const expected = [
    ['', 'idempotent', 'effect_unknown'],
    ['', 'read', 'failed_before_effect'],
    ['dead_on_arrival', 'idempotent', 'failed_before_effect'],
  ] as const;
  for (const [mode, effect, kind] of expected) {
    const server = hostile(mode);
    const lone = mcpDriver({ upstream: server, argumentsOf });
    const bound = { ...contract, effect };
    const action = sealedAction(bound, requestFor(bound, {}), {});
    const outcome = await lone.perform(action, edge, { signal });
    assert.equal(outcome.kind, kind, `${mode} ${effect}`);
    await server.close();
  }
});

test('a driver without a workspace refuses contracts that need its facts', async () => {
  const lone = mcpDriver({ upstream: startHostile(), argumentsOf });
  const contract = contractOf('write_file');
  const facts = await lone.gather(contract, requestFor(contract, { path: '/x', content: '' }));
  assert.equal(!facts.ok && facts.error.code, 'driver.no_workspace');
});
