import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersIn, errorMessage, readyMessage } from './answers.ts';
import { SessionState } from './session-state.ts';
import type { Unit } from './unit.ts';
import {
  int16Part,
  joinBytes,
  type Message,
  MessageReader,
  messageOf,
  settingMessages,
  textPart,
} from './wire.ts';

const sent = (type: string, ...parts: Uint8Array[]): Message => {
  return { type, body: joinBytes(parts), bytes: messageOf(type, ...parts) };
};
const parse = (name: string, sql: string): Message => {
  return sent('P', textPart(name), textPart(sql), int16Part(0));
};
const bind = (name: string): Message => {
  return sent('B', textPart(''), textPart(name), new Uint8Array(6));
};
const execute = sent('E', new Uint8Array(5));
const sync = sent('S');
const query = (sql: string): Message => sent('Q', textPart(sql));
const done = (tag: string): Uint8Array => messageOf('C', textPart(tag));

function unitOf(state: SessionState, ...messages: Message[]): Unit {
  let unit: Unit | undefined;
  for (const message of messages) {
    const taken = state.take(message);
    assert.ok(taken.ok);
    unit = taken.value;
  }
  return unit as Unit;
}

function typesOf(bytes: Uint8Array): string {
  return answersIn(bytes)
    .map(({ type }) => type)
    .join('');
}

test('any cutting of a stream yields the same messages; a long one is refused at its head', () => {
  const stream = joinBytes([messageOf('Q', textPart('SELECT 1')), messageOf('S')]);
  for (let size = 1; size <= stream.length; size += 1) {
    const reader = new MessageReader(100, true);
    const types: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size));
      for (let next = reader.next(); next.ok && next.value; next = reader.next()) {
        types.push(next.value.type);
      }
    }
    assert.deepEqual(types, ['Q', 'S'], `${size} bytes at once`);
  }
  const reader = new MessageReader(100, true);
  reader.push(Uint8Array.of(0x51, 0, 0, 1, 0));
  assert.equal(reader.next().ok, false);
});

test('statements of two sessions by one name are two in the engine', () => {
  const texts = [1, 2].map((session) => {
    const state = new SessionState(session, new Map());
    return new TextDecoder().decode(unitOf(state, parse('a', 'SELECT 1'), sync).bytes);
  });
  assert.notEqual(texts[0], texts[1]);
});

test('a statement that is parsed again is closed before, and its answer is not shown', () => {
  const state = new SessionState(1, new Map());
  unitOf(state, parse('', 'SELECT 1'), sync);
  unitOf(state, parse('', 'SELECT 2'), sync);
  const unit = unitOf(state, bind(''), execute, sync);
  assert.equal(typesOf(unit.bytes), 'CBES');
  const shown = unit.answer(
    joinBytes([messageOf('3'), messageOf('2'), done('SELECT 1'), readyMessage()]),
  );
  assert.equal(typesOf(shown.bytes), '2CZ');
});

test('a statement that the engine did not parse is none', () => {
  const state = new SessionState(1, new Map());
  const unit = unitOf(state, parse('a', 'SELECT 1'), parse('b', 'SELEC'), sync);
  const said = errorMessage({ sqlstate: '42601', message: 'syntax error at or near "SELEC"' });
  state.settle(unit.answer(joinBytes([messageOf('1'), said, readyMessage()])));
  assert.equal(typesOf(unitOf(state, bind('a'), execute, sync).bytes), 'BES');
  assert.equal(typesOf(unitOf(state, bind('b'), execute, sync).bytes), 'PES');
});

test('a refusal takes its place in the engine, and its own words on the way back', () => {
  const state = new SessionState(1, new Map());
  const unit = unitOf(state, query('SELECT 1; DROP TABLE x; SELECT 2'));
  assert.equal(typesOf(unit.bytes), 'PBDEPS');
  const said = { sqlstate: '42601', message: 'syntax error at or near "ioi_refused_0"' };
  const { bytes, hasError } = unit.answer(joinBytes([errorMessage(said), readyMessage()]));
  assert.match(new TextDecoder().decode(bytes), /25006\0Mthe bridge only reads: DROP is refused/);
  assert.ok(hasError);
  const other = { sqlstate: '42601', message: 'syntax error at or near "ioi_refused_7"' };
  const theirs = unit.answer(joinBytes([errorMessage(other), readyMessage()]));
  assert.match(new TextDecoder().decode(theirs.bytes), /42601/);
});

test('millions of rows are passed on as they are, and none is held by itself', () => {
  const unit = unitOf(new SessionState(1, new Map()), query('SELECT FROM x'));
  const row = messageOf('D', int16Part(0));
  const rows = new Uint8Array(2 ** 22 * row.length);
  rows.set(row);
  for (let size = row.length; size < rows.length; size *= 2) rows.copyWithin(size, 0, size);
  const end = joinBytes([done('SELECT 4194304'), readyMessage()]);
  const before = process.memoryUsage().heapUsed;
  const { bytes, tags } = unit.answer(joinBytes([messageOf('1'), messageOf('2'), rows, end]));
  assert.ok(process.memoryUsage().heapUsed - before < 2 ** 27);
  assert.equal(bytes.length, rows.length + end.length);
  assert.deepEqual(tags, ['SELECT 4194304']);
});

test('what one session keeps here and in the engine is bounded, however it is asked for', () => {
  const types = (...messages: Message[]) => {
    return typesOf(unitOf(new SessionState(1, new Map()), ...messages, sync).bytes);
  };
  const again = Array.from({ length: 1_100 }, () => parse('', 'SELECT 1'));
  const told = unitOf(new SessionState(1, new Map()), ...again, sync);
  const taken = answersIn(told.bytes).filter(({ body }) => {
    return new TextDecoder().decode(body).includes('SELECT 1');
  });
  assert.equal(taken.length, 1_024);
  const long = 'x'.repeat(64);
  const portal = sent('B', textPart(long), textPart('a'), new Uint8Array(6));
  assert.equal(types(parse('a', 'SELECT 1'), portal), 'PPS');
  const refused = unitOf(new SessionState(1, new Map()), parse(long, 'SELECT 1'), sync);
  assert.match(new TextDecoder().decode(refused.bytes), /ioi_refused_0/);
  const text = unitOf(new SessionState(1, new Map()), query('END;'.repeat(20_000)));
  assert.equal(text.executed.length, 10_000);
});

test('settings are kept as they are set, and taken back with their transaction', () => {
  const state = new SessionState(1, new Map([['search_path', 'SET search_path TO node']]));
  const run = (sql: string, tag: string, status: 'I' | 'T' = 'I') => {
    const unit = unitOf(state, query(sql));
    return state.settle(unit.answer(joinBytes([done(tag), readyMessage(status)])));
  };
  assert.equal(run('SELECT 1', 'SELECT 1'), false);
  assert.equal(run('SET timezone = UTC', 'SET'), true);
  const set = 'SET search_path TO node\0SET timezone = UTC';
  assert.equal(state.settings, set);
  run('BEGIN', 'BEGIN', 'T');
  run('SET timezone = CET', 'SET', 'T');
  assert.equal(state.settings, 'SET search_path TO node\0SET timezone = CET');
  assert.equal(run('ROLLBACK', 'ROLLBACK'), true);
  assert.equal(state.settings, set);
  run('RESET timezone', 'RESET');
  assert.equal(state.settings, 'SET search_path TO node');
});

test('settings are given to the engine one by one, never as one text', () => {
  const messages = answersIn(settingMessages('SET a TO b\0SET c TO d; SET ROLE e'));
  assert.equal(messages.map(({ type }) => type).join(''), 'PBDEPBDEPBDES');
  const texts = messages.filter(({ type }) => type === 'P').map(({ body }) => body.subarray(1, -3));
  assert.deepEqual(
    texts.map((each) => new TextDecoder().decode(each)),
    ['RESET ALL', 'SET a TO b', 'SET c TO d; SET ROLE e'],
  );
});

test('what never came to the engine is not prepared there, nor closed there', () => {
  const state = new SessionState(1, new Map());
  const good = unitOf(state, parse('a', 'SELECT 1'), sync);
  state.settle(good.answer(joinBytes([messageOf('1'), readyMessage()])));
  const close = sent('C', textPart('Sa'));
  state.abandon(unitOf(state, close, parse('b', 'SELECT 2'), sync));
  const after = unitOf(state, bind('b'), execute, sync);
  assert.match(new TextDecoder().decode(after.bytes), /ioi_refused_0/);
  assert.equal(typesOf(after.bytes)[0], 'C', 'closed in front of what comes next');
});

test('a Close that an error passed over is made up for', () => {
  const state = new SessionState(1, new Map());
  const good = unitOf(state, parse('a', 'SELECT 1'), sync);
  state.settle(good.answer(joinBytes([messageOf('1'), readyMessage()])));
  const failing = unitOf(state, parse('', 'no SQL'), sent('C', textPart('Sa')), sync);
  const error = errorMessage({ sqlstate: '42601', message: 'none' });
  state.settle(failing.answer(joinBytes([error, readyMessage()])));
  assert.equal(typesOf(unitOf(state, sync).bytes), 'CS');
});

test('what goes on as it came has its whole shape', () => {
  const state = new SessionState(1, new Map());
  const long = textPart(`P${'x'.repeat(20_000)}`);
  for (const message of [
    sent('E', new Uint8Array(1)),
    sent('E', new Uint8Array(20_000)),
    sent('D', textPart('P'), new Uint8Array(1)),
    sent('C', textPart('P'), new Uint8Array(1)),
  ]) {
    assert.equal(state.take(message).ok, false, message.type);
  }
  const unit = unitOf(
    new SessionState(1, new Map()),
    sent('D', long),
    sent('C', long),
    sent('S', new Uint8Array(20_000)),
  );
  assert.equal(typesOf(unit.bytes), 'PPS');
  assert.ok(unit.bytes.length < 1_000);
});
