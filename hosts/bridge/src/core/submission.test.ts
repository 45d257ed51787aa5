import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import { admit } from './admit.ts';
import { answersIn } from './answers.ts';
import { SessionState } from './session-state.ts';
import { submitIn } from './submission.ts';
import { operationIn, placeOfSealed, sqlErrorOf } from './submission-answer.ts';
import type { Unit } from './unit.ts';
import { int16Part, int32Part, joinBytes, type Message, messageOf, textPart } from './wire.ts';

const SUBMIT = 'SELECT agentgres.submit($1)';
const sent = (type: string, ...parts: Uint8Array[]): Message => {
  return { type, body: joinBytes(parts), bytes: messageOf(type, ...parts) };
};
const parse = (name: string, sql: string) => sent('P', textPart(name), textPart(sql), int16Part(0));
const sync = sent('S');
const execute = (portal = '') => sent('E', textPart(portal), int32Part(0));
const query = (sql: string) => sent('Q', textPart(sql));

function bind(json: string | Uint8Array, portal = '', name = ''): Message {
  const isText = typeof json === 'string';
  const value = isText ? new TextEncoder().encode(json) : json;
  const formats = isText ? int16Part(0) : joinBytes([int16Part(1), int16Part(1)]);
  const given = joinBytes([formats, int16Part(1), int32Part(value.length), value]);
  return sent('B', textPart(portal), textPart(name), given, int16Part(0));
}

function unitOf(state: SessionState, ...messages: Message[]): Unit {
  let unit: Unit | undefined;
  for (const message of messages) {
    const taken = state.take(message);
    assert.ok(taken.ok);
    unit = taken.value;
  }
  return unit as Unit;
}

const began = () => new SessionState(1, new Map());
const saidTo = (unit: Unit): string => new TextDecoder().decode(unit.bytes);
const typesOf = (unit: Unit): string => {
  const messages = answersIn(unit.bytes);
  return messages.map(({ type }) => type).join('');
};

test('the statement that submits is known by its whole shape, and by nothing less', () => {
  const json = '{"a":"it\'s"}';
  for (const sql of [
    `SELECT agentgres.submit('{"a":"it''s"}')`,
    `select * from AgentGres . submit ( '{"a":"it''s"}'::jsonb ) ;`,
    `SELECT agentgres.submit($x$${json}$x$::pg_catalog.json)`,
    `SELECT agentgres.submit(/* it */ $$${json}$$) -- that`,
  ]) {
    assert.deepEqual(admit(sql), { kind: 'submit', json }, sql);
  }
  assert.deepEqual(submitIn('SELECT agentgres.submit($1::jsonb)'), {
    kind: 'submit',
    json: undefined,
  });
  for (const sql of [
    `SELECT agentgres.submit('{}'), 1`,
    `SELECT agentgres.submit('{}') FROM node.audit`,
    `SELECT agentgres.submit('{}') UNION SELECT 1`,
    `SELECT agentgres.submit(E'{}')`,
    `SELECT agentgres.submit($2)`,
    `SELECT agentgres.submit('{}' || '')`,
    `SELECT "agentgres".submit('{}')`,
    `SELECT 'agentgres.submit(1)'`,
    `WITH a AS (SELECT agentgres.submit('{}')) SELECT * FROM a`,
    `EXPLAIN SELECT agentgres.submit('{}')`,
  ]) {
    assert.deepEqual(admit(sql), { kind: 'read' }, sql);
  }
});

test('what is submitted is what was bound, and its answer comes as a row of the engine', () => {
  for (const given of [
    '{"b":1}',
    joinBytes([Uint8Array.of(1), new TextEncoder().encode('{"b":1}')]),
  ]) {
    const unit = unitOf(began(), parse('', SUBMIT), bind(given), execute(), sync);
    const { submission } = unit;
    assert.equal(submission?.json, '{"b":1}');
    assert.equal(unit.isPassing, false);
    unit.submitted(submission, ok('{"seq":7}'));
    assert.equal(typesOf(unit), 'PBES');
    assert.match(saidTo(unit), /SELECT \$1::pg_catalog\.jsonb AS submit/);
    assert.match(saidTo(unit), /\{"seq":7\}/);
    assert.doesNotMatch(saidTo(unit), /"b"/);
  }
  const text = unitOf(began(), query(`SELECT agentgres.submit('{"b":1}')`));
  assert.equal(text.submission?.json, '{"b":1}');
  assert.equal(typesOf(text), 'PBDES');
});

test('a refusal stands where the answer would, with its own words', () => {
  const unit = unitOf(began(), parse('', SUBMIT), bind('{}'), execute(), sync);
  assert.ok(unit.submission);
  unit.submitted(unit.submission, err({ sqlstate: '40001', message: 'not as it was' }));
  assert.equal(typesOf(unit), 'PPES');
  assert.match(saidTo(unit), /ioi_refused_0/);
});

test('nothing is submitted in a transaction, beside others, twice, or not executed', () => {
  const prepared = (): SessionState => {
    const state = began();
    unitOf(state, parse('s', SUBMIT), parse('r', 'SELECT 1'), sync);
    return state;
  };
  const read = sent('B', textPart('r'), textPart('r'), new Uint8Array(6));
  const submit = bind('{}', 'p', 's');
  const cases: [string, Message[], RegExp][] = [
    ['bound alone', [submit], /null/],
    ['executed twice', [submit, execute('p'), execute('p')], /ioi_refused_0/],
    ['bound twice', [submit, bind('{}', 'q', 's'), execute('p')], /ioi_refused_0/],
    ['after another', [read, execute('r'), submit, execute('p')], /ioi_refused_0/],
    ['before another', [submit, read, execute('p'), execute('r')], /ioi_refused_0/],
    ['no text', [bind(Uint8Array.of(0xff), 'p', 's'), execute('p')], /ioi_refused_0/],
  ];
  for (const [about, messages, said] of cases) {
    const unit = unitOf(prepared(), ...messages, sync);
    assert.equal(unit.submission, undefined, about);
    assert.match(saidTo(unit), said, about);
  }
  const later = prepared();
  unitOf(later, submit, sent('H'));
  const executed = unitOf(later, execute('p'), sync);
  assert.equal(executed.submission, undefined, 'executed later than it was bound');
  assert.match(saidTo(executed), /ioi_refused_0/);
  for (const status of ['T', 'E'] as const) {
    const state = prepared();
    state.status = status;
    assert.equal(unitOf(state, submit, execute('p'), sync).submission, undefined, status);
    const text = unitOf(state, query(`SELECT agentgres.submit('{}')`));
    assert.equal(text.submission, undefined, status);
  }
  const several = unitOf(began(), query(`SELECT 1; SELECT agentgres.submit('{}')`));
  assert.equal(several.submission, undefined);
  const literal = unitOf(began(), parse('', `SELECT agentgres.submit('{}')`), sync);
  assert.match(saidTo(literal), /ioi_refused_0/);
});

test('a domain stands beside the operation, and what is no such object is refused by name', () => {
  assert.deepEqual(operationIn('{"domain":"m","operation":"o","payload":{}}'), {
    ok: true,
    value: { domain: 'm', body: '{"operation":"o","payload":{}}' },
  });
  for (const [json, sqlstate] of [
    ['{', '22P02'],
    ['{"domain":"a","domain":"b"}', '22P02'],
    ['[]', '22023'],
    ['null', '22023'],
    ['{"operation":"o"}', '22023'],
  ] as const) {
    const asked = operationIn(json);
    assert.equal(asked.ok ? '' : asked.error.sqlstate, sqlstate, json);
  }
});

test('refusals of the node are SQLSTATEs that clients act upon, with its own code', () => {
  const states = [
    [409, 'precondition.failed', '40001'],
    [409, 'operation.duplicate', '23505'],
    [409, 'domain.closed', '55000'],
    [403, 'operation.not_authentic', '42501'],
    [404, 'domain.unknown', '3F000'],
    [413, 'request.too_large', '54000'],
    [422, 'operation.unknown', '22023'],
    [503, 'node.closing', '57P03'],
    [500, 'node.fault', '08007'],
  ] as const;
  for (const [status, code, sqlstate] of states) {
    const error = sqlErrorOf(status, JSON.stringify({ code, title: 'why' }));
    assert.deepEqual(error, { sqlstate, message: 'why', detail: code });
  }
  assert.equal(sqlErrorOf(502, '<html>').sqlstate, '08007');
  const place = placeOfSealed('{"entry":{"seq":"7","operation_id":"o"},"sealed_size":9}');
  assert.equal(place, '{"seq":"7","operation_id":"o","sealed_size":9}');
  assert.equal(placeOfSealed('{}'), undefined);
});
