import assert from 'node:assert/strict';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { after, before, test } from 'node:test';
import { headersOf, markersFor, messageOf } from '@ioi/drivers';
import { argumentsOf } from '@ioi/firewall';
import { OperationDesk } from '@ioi/guardian/shell';
import type { JsonObject } from '@ioi/jsonrpc';
import type { DecideAction, LogEntry, RuntimeToolContract, SealedAction } from '@ioi/protocol';
import { readTargets } from '@ioi/wallet';
import { EdgeLine, edgeSend } from '@ioi/wallet/client';
import { Egress, SealedMessages, serveLine } from '@ioi/wallet/shell';
import { TestVault } from '@ioi/wallet/testing';
import { ConnectorBed, vaultOf } from '../../testing/connector-bed.ts';
import { hashOf, proposed } from '../../testing/node-kit.ts';

const SECRET = 'planted-secret-0123456789';
/** The text goes into a header too. */
const inputSchema = {
  type: 'object',
  properties: { text: { type: 'string', 'x-mcp-header': 'Text' } },
};
const contract: RuntimeToolContract = {
  server: 'mail',
  tool: 'note',
  version: '1',
  schema_hash: hashOf(inputSchema),
  target: 'net::mail::note',
  primitive_capabilities: [],
  authority_scopes: [],
  risk_class: 'low',
  effect: 'at_most_once',
  parameters: [{ argument: 'text', parameter: 'text', kind: 'value' }],
  facts: [],
  secret_slots: [],
  rrsa_domain: 'unmapped',
  applicability_class: 'deterministic_local',
  postconditions: ['output_present'],
  limits: { timeout_ms: 10_000, output_bytes: 65_536 },
};

let bed: ConnectorBed;
let url: string;
let line: EdgeLine;
let edgeOver: (desk: OperationDesk, mostRemembered?: number) => EdgeLine;
let answer = '{}';

before(async () => {
  bed = await ConnectorBed.start((_, response) => response.end(answer));
  for (const each of [contract, { ...contract, server: 'other' }]) {
    await bed.node.writer.submit(proposed('contract.register', { contract: each }));
  }
  url = `${bed.api.origin}/mcp`;
  const targets = readTargets([{ server: 'mail', url, credential: 'token' }]) ?? [];
  edgeOver = (desk, mostRemembered = 100) => {
    const messages = new SealedMessages({
      vault: vaultOf(desk),
      argumentsOf,
      mostRemembered,
      messageOf: (under, given) => messageOf(under, given as JsonObject),
      headersOf: (method, params, schema) =>
        headersOf(method, params as JsonObject, schema as JsonObject | undefined),
    });
    const vault = new TestVault({ kind: 'bearer', secret: SECRET });
    const egress = new Egress({ targets, vault, now: Date.now, messages });
    const [near, far] = duplexPair();
    serveLine(far, egress.carry);
    return new EdgeLine(near);
  };
  line = edgeOver(bed.desk);
});

after(() => bed.close());

/** What shows that this note was decided on and sealed. */
async function proofOf(text: string, under = contract) {
  const about = { contract: under, params: { text } };
  const { included, note, contents } = await bed.sealed(text, undefined, { about });
  return { included, note, contents, contract: under };
}

const call = (text: string, more: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'note', arguments: { text }, _meta: { progressToken: 1 }, ...more },
});

/** `sent`, or the code of the refusal: then nothing was. */
async function sending(
  message: unknown,
  proof?: object,
  { method = 'POST', type = 'application/json', more = {}, over = line } = {},
): Promise<string> {
  const before = bed.api.seen.length;
  const send = edgeSend(over, 'mail', async () => proof ?? {});
  const of = proof === undefined ? {} : { action: {} as SealedAction };
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const headers = { 'content-type': type, ...more };
  const answered = send(url, { method, body, headers, ...of });
  const told = await answered.then(
    async (response) => ((await response.text()) === answer ? 'sent' : 'garbled'),
    ({ code, isSent }: { code: string; isSent: boolean }) => `${code}${isSent ? ' sent' : ''}`,
  );
  assert.equal(bed.api.seen.length - before, told === 'sent' ? 1 : 0, told);
  return told;
}

test('an act goes to its server with its credential once, as it was sealed', async () => {
  const proof = await proofOf('hello');
  assert.equal(await sending(call('hello'), proof), 'sent');
  assert.equal(bed.api.seen.at(-1)?.headers.authorization, `Bearer ${SECRET}`);
  assert.deepEqual(JSON.parse(bed.api.seen.at(-1)?.body ?? ''), call('hello'));
  assert.equal(await sending(call('hello'), proof), 'edge.not_sealed', 'not a second time');
});

test('an act goes on with what its server asked for, as often as it asked', async (t) => {
  const proof = await proofOf('rounds');
  const goesOn = call('rounds', { inputResponses: { a: {} }, requestState: 's' });
  assert.equal(await sending(goesOn, proof), 'edge.not_sealed', 'nobody asked yet');
  t.after(() => {
    answer = '{}';
  });
  answer = JSON.stringify({ text: '"resultType":"input_required"' });
  assert.equal(await sending(call('rounds'), proof), 'sent');
  assert.equal(await sending(goesOn, proof), 'edge.not_sealed', 'a text of an answer asks nothing');
  const asked = await proofOf('asked');
  const more = call('asked', { inputResponses: { a: {} } });
  answer = JSON.stringify({ result: { resultType: 'input_required' } }, undefined, 1);
  assert.equal(await sending(call('asked'), asked), 'sent');
  for (let round = 1; round < 16; round += 1) {
    assert.equal(await sending(more, asked), 'sent', `round ${round}`);
  }
  assert.equal(await sending(more, asked), 'edge.not_sealed', 'there is an end of it');
});

test('nothing of a message can be another than was sealed', async () => {
  const proof = await proofOf('pay 1');
  const other = await proofOf('pay 2');
  const elsewhere = await proofOf('pay 1', { ...contract, server: 'other' });
  const swapped = { ...proof, included: { ...proof.included, text: other.included.text } };
  const hostile: readonly (readonly [unknown, object | undefined])[] = [
    [call('pay 1'), undefined],
    [call('pay 9'), proof],
    [call('pay 1', { name: 'delete' }), proof],
    [call('pay 1', { extra: true }), proof],
    [{ ...call('pay 1'), method: 'prompts/get' }, proof],
    [call('pay 1'), other],
    [call('pay 1'), elsewhere],
    [call('pay 1'), swapped],
    [call('pay 1'), { ...proof, contract: { ...contract, effect: 'read' } }],
    [call('pay 1'), { ...proof, note: '' }],
    [[call('pay 1')], proof],
    [JSON.stringify(call('pay 1')).replace('"pay 1"', '"pay 1","text":"pay 9"'), proof],
    ['{"method":"tools/call"', proof],
    [{ ...call('pay 1'), method: 'tools/callx' }, proof],
    [{ ...call('pay 1'), Params: call('pay 9').params }, proof],
    [{ jsonrpc: '2.0', id: 1, Method: 'tools/call', params: call('pay 9').params }, undefined],
    [{ ...call('pay 9'), method: 'ping', METHOD: 'tools/call' }, undefined],
    [{ jsonrpc: '2.0', id: 1, result: {}, 'param\u017f': {} }, undefined],
  ];
  for (const [at, [message, shown]] of hostile.entries()) {
    assert.notEqual(await sending(message, shown), 'sent', `case ${at}`);
  }
  const type = 'application/json; charset=gbk';
  assert.equal(await sending(call('pay 1'), proof, { type }), 'edge.not_sealed');
  assert.equal(await sending(call('pay 1'), proof), 'sent', 'the sound one goes');
});

test('what is no act goes without a seal, and what nobody knows does not', async () => {
  const methods = ['initialize', 'server/discover', 'tools/list', 'resources/unsubscribe'];
  const others = ['tasks/get', 'notifications/cancelled', 'ping', 'subscriptions/listen'];
  for (const method of [...methods, ...others]) {
    assert.equal(await sending({ jsonrpc: '2.0', id: 1, method }), 'sent', method);
  }
  assert.equal(await sending({ jsonrpc: '2.0', id: 1, result: {} }), 'sent');
  const unknown = ['tools/new', 'notifications/vendor/permission', '', 1];
  for (const method of ['resources/read', 'resources/subscribe', ...unknown]) {
    assert.equal(await sending({ jsonrpc: '2.0', id: 1, method }), 'edge.not_sealed');
  }
  assert.equal(await sending(call('unseen'), undefined, { method: 'DELETE' }), 'edge.not_sealed');
});

test('headers say what was sealed, or nothing is sent', async () => {
  const proof = { ...(await proofOf('to a')), inputSchema };
  const sound = {
    'mcp-session-id': 'any',
    'mcp-protocol-version': '2025-11-25',
    'mcp-method': 'tools/call',
    'mcp-name': 'note',
    'mcp-param-text': 'to a',
  };
  const wrong: readonly object[] = [
    { 'mcp-method': 'tools/list' },
    { 'mcp-name': 'delete' },
    { 'mcp-param-text': 'to b' },
    { 'mcp-param-text': '' },
    { 'mcp-param-other': 'to a' },
  ];
  for (const each of wrong) {
    const told = await sending(call('to a'), proof, { more: { ...sound, ...each } });
    assert.equal(told, 'edge.header_mismatch', JSON.stringify(each));
  }
  const schemas: readonly (readonly [object, string])[] = [
    [{}, 'edge.header_mismatch'],
    [{ inputSchema: { ...inputSchema, title: '' } }, 'edge.not_sealed'],
  ];
  const { inputSchema: _, ...bare } = proof;
  for (const [shown, code] of schemas) {
    assert.equal(await sending(call('to a'), { ...bare, ...shown }, { more: sound }), code);
  }
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  for (const name of ['mcp-method', 'mcp-name', 'mcp-param-text'] as const) {
    const more = { [name]: sound[name] };
    assert.equal(await sending(list, undefined, { more }), 'edge.header_mismatch', name);
    const told = await sending('', undefined, { method: 'DELETE', more });
    assert.equal(told, 'edge.header_mismatch', `${name} of no message`);
  }
  const named = 'io.modelcontextprotocol/protocolVersion';
  const modern = { ...list, params: { _meta: { [named]: '2026-07-28' } } };
  const older = { 'mcp-protocol-version': '2025-11-25' };
  assert.equal(await sending(modern, undefined, { more: older }), 'edge.header_mismatch');
  assert.equal(await sending(call('to a'), proof, { more: sound }), 'sent');
});

test('what was sealed in an earlier life of the edge is sent by none', async () => {
  const before = await proofOf('before');
  const sent = await proofOf('sent');
  assert.equal(await sending(call('sent'), sent), 'sent');
  const { guardian } = bed.node;
  const path = join(bed.kit.folder, 'next.db');
  const vault = { answer: () => assert.fail('nothing is leased') };
  const desk = new OperationDesk({ path, guardian, vault, sealKey: bed.kit.seal });
  const next = { over: edgeOver(desk) };
  assert.equal(await sending(call('sent'), sent, next), 'lease.earlier_life');
  assert.equal(await sending(call('before'), before, next), 'lease.earlier_life');
  assert.equal(await sending(call('after'), await proofOf('after'), next), 'sent');
  next.over.close();
  desk.close();
});

test('an act that so many followed that it is forgotten goes no more', async () => {
  const over = edgeOver(bed.desk, 1);
  const [first, unsent, last] = [await proofOf('1st'), await proofOf('2nd'), await proofOf('3rd')];
  assert.equal(await sending(call('1st'), first, { over }), 'sent');
  assert.equal(await sending(call('3rd'), last, { over }), 'sent');
  assert.equal(await sending(call('1st'), first, { over }), 'edge.not_sealed');
  assert.equal(
    await sending(call('2nd'), unsent, { over }),
    'sent',
    'sealed after what is forgotten',
  );
  assert.equal(await sending(call('3rd'), last, { over }), 'edge.not_sealed');
  over.close();
});

test('an act that is over, or of another server, goes no more', async () => {
  const proof = await proofOf('late');
  const { payload, events } = JSON.parse(proof.included.text) as LogEntry;
  const { request } = payload as DecideAction;
  const found = (events as { type: string; committed?: object }[]).find(
    ({ committed }) => committed,
  );
  const request_hash = hashOf(request);
  const of = { committed_hash: hashOf(found?.committed), request_hash };
  const codeOf = async (server: string): Promise<string> => {
    const due = await vaultOf(bed.desk).due({ ...of, server });
    return due.ok ? 'due' : due.error.code;
  };
  assert.deepEqual([await codeOf('mail'), await codeOf('pay')], ['due', 'lease.other_server']);
  const { decision_hash: decisionHash } = bed.node.guardian.action(request_hash) ?? {};
  assert.ok(decisionHash);
  const told = { contract, request, requestHash: request_hash, decisionHash, facts: {} };
  const about = { request_hash, contract_hash: hashOf(contract), reported_error: false };
  const markers = markersFor({ ...told, output: undefined });
  const receipt = { ...about, markers, postconditions: [], outcome: 'effect_unknown' };
  const recorded = await bed.node.writer.submit(proposed('action.receipt', receipt));
  assert.ok(recorded.ok, JSON.stringify(recorded));
  assert.equal(await codeOf('mail'), 'lease.not_sealed');
  assert.equal(await sending(call('late'), proof), 'lease.not_sealed');
  const damaged = await bed.desk.answer({ kind: 'due_operation', committed_hash: 'x' });
  assert.equal(damaged.kind, 'refused');
});
