import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import { admit } from './admit.ts';
import { answersIn, errorMessage, readyMessage } from './answers.ts';
import { SessionState } from './session-state.ts';
import { submitIn } from './submission.ts';
import { closedTo, operationIn, placeOfSealed, sqlErrorOf } from './submission-answer.ts';
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

test('nothing is submitted beside what could fail, nor after what failed or was begun', () => {
  const read = sent('B', textPart(''), textPart('r'), new Uint8Array(6));
  const submit = [parse('', SUBMIT), bind('{}'), execute()];
  const kept = (): SessionState => {
    const state = began();
    unitOf(state, parse('r', 'SELECT 1'), sync);
    return state;
  };
  for (const [about, messages] of [
    ['parsed before', [parse('b', 'SELECT * FROM none'), ...submit]],
    ['parsed after', [...submit, parse('b', 'SELECT * FROM none')]],
    ['bound before', [read, ...submit]],
    ['bound after', [...submit, read]],
  ] as const) {
    const unit = unitOf(kept(), ...messages, sync);
    assert.equal(unit.submission, undefined, about);
    assert.match(saidTo(unit), /ioi_refused_0/, about);
    assert.doesNotMatch(saidTo(unit), /null/, 'no row that looks like an answer');
  }
  const flush = sent('H');
  const error = errorMessage({ sqlstate: '42P01', message: 'none' });
  const failed = began();
  failed.settle(unitOf(failed, parse('b', 'SELECT * FROM none'), flush).answer(error));
  const skipped = unitOf(failed, ...submit, sync);
  assert.deepEqual([skipped.submission, typesOf(skipped)], [undefined, 'S'], 'after an error');
  failed.settle(skipped.answer(readyMessage()));
  assert.ok(unitOf(failed, ...submit, sync).submission, 'behind its Sync');
  const begun = began();
  const begin = unitOf(begun, parse('', 'BEGIN'), bind('', '', ''), execute(), flush);
  begun.settle(begin.answer(joinBytes(['1', '2'].map((type) => messageOf(type)))));
  begun.settle(begin.answer(messageOf('C', textPart('BEGIN'))));
  assert.equal(unitOf(begun, ...submit, sync).submission, undefined, 'in what was begun');
  const described = began();
  described.settle(unitOf(described, parse('s', SUBMIT), flush).answer(messageOf('1')));
  assert.ok(unitOf(described, bind('{}', '', 's'), execute(), sync).submission);
});

test('an error that comes after something was sealed says that it is', () => {
  const unit = unitOf(began(), parse('', SUBMIT), bind('{}'), execute(), sync);
  assert.ok(unit.submission);
  unit.submitted(unit.submission, ok('{"seq":7}'));
  const error = errorMessage({ sqlstate: '57014', message: 'canceling statement' });
  const told = unit.answer(joinBytes([messageOf('1'), error, readyMessage()])).bytes;
  assert.match(new TextDecoder().decode(told), /C08007\0.*bridge\.submit_unshown: \{"seq":7\}/s);
  const formats = joinBytes([int16Part(2), int16Part(0), int16Part(0)]);
  for (const after of [new Uint8Array(), formats]) {
    const whole = bind('{}').body;
    const body = joinBytes([whole.subarray(0, whole.length - 2), after]);
    const asked = unitOf(began(), parse('', SUBMIT), sent('B', body), execute(), sync);
    assert.equal(asked.submission, undefined, 'a result that no engine can give');
  }
});

test('what a client names ends no field of an error, and is not said at any length', () => {
  const said = new TextDecoder().decode(errorMessage({ sqlstate: '42501', message: 'a\0Cb' }));
  assert.match(said, /C42501\0Ma Cb\0/);
  assert.match(closedTo('market.example').message, /market\.example/);
  assert.ok(closedTo('x'.repeat(1_000)).message.length < 100);
});
