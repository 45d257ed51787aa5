import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventLog, ReplayRoom } from './event-log.ts';
import { HTTP_LIMITS, type HttpLimits } from './limits.ts';

const limits = (own: Partial<HttpLimits> = {}): HttpLimits => ({ ...HTTP_LIMITS, ...own });

function logWith(own: Partial<HttpLimits> = {}): { log: EventLog; room: ReplayRoom } {
  const room = new ReplayRoom(limits(own));
  return { log: new EventLog(limits(own), room), room };
}

/** What follows an event, or why nobody can say. */
function after(log: EventLog, id: string): string {
  const left = log.after(id);
  return left.ok ? left.value.events.map(({ line }) => line).join(' ') : left.error;
}

test('what followed on the same stream comes again in order, and nothing of another', () => {
  const { log } = logWith();
  const one = log.begin('post1');
  const other = log.begin('post2');
  const middle = log.add('post1', 'a');
  log.add('post2', 'x');
  const last = log.add('post1', 'b');
  assert.equal(after(log, one), 'a b');
  assert.equal(after(log, middle), 'b');
  assert.equal(after(log, other), 'x');
  assert.equal(after(log, last), '', 'it goes on live from here');
  log.end('post1');
  assert.equal(after(log, middle), 'b', 'also when it is over');
  assert.equal(after(log, last), 'gateway.stream_over');
});

test('an id of another session, one never given, and one that is none are refused', () => {
  const room = new ReplayRoom(limits());
  const [mine, theirs] = [new EventLog(limits(), room), new EventLog(limits(), room)];
  mine.begin('post1');
  const foreign = theirs.begin('post1');
  const own = mine.add('post1', 'a');
  const later = own.replace('_2_', '_3_');
  const early = mine.begin('post2').replace('_3_', '_1_');
  for (const id of [
    foreign,
    later,
    early,
    '',
    'get_1',
    'x',
    `${own}\n`,
    `__proto___1_${'a'.repeat(12)}`,
  ]) {
    assert.equal(after(mine, id), 'gateway.event_unknown', id);
  }
});

test('what is kept is bounded, and whoever lost something is told so, nobody else', () => {
  const { log, room } = logWith({ replayEvents: 4, replayBytes: 100 });
  const quiet = log.begin('post1');
  const loud = log.begin('post2');
  for (let at = 0; at < 9; at += 1) log.add('post2', `${at}`);
  assert.equal(after(log, quiet), '', 'it has lost nothing');
  assert.equal(after(log, loud), 'gateway.events_dropped');
  log.add('post1', 'answer');
  for (let at = 0; at < 9; at += 1) log.add('post2', `${at}`);
  assert.equal(after(log, quiet), 'answer', 'one that talks takes nothing from it');
  log.add('post1', 'x'.repeat(101));
  assert.equal(after(log, quiet), 'gateway.events_dropped', 'too long to be kept');
  const kept = log.begin('post3');
  log.add('post3', 'y'.repeat(90));
  log.add('post3', 'z'.repeat(90));
  assert.equal(after(log, kept), 'gateway.events_dropped');
  assert.ok(room.bytes >= 90 && room.bytes <= 100);
  log.close();
  assert.equal(room.bytes, 0);
});

test('all sessions together are bounded: the one that was still for longest lets go', () => {
  const own = { replayTotalBytes: 100 };
  const room = new ReplayRoom(limits(own));
  const [old, young] = [new EventLog(limits(own), room), new EventLog(limits(own), room)];
  const lost = old.begin('post1');
  old.add('post1', 'o'.repeat(60));
  const kept = young.begin('post1');
  young.add('post1', 'y'.repeat(60));
  assert.equal(room.bytes, 60);
  assert.equal(after(old, lost), 'gateway.events_dropped');
  assert.equal(after(young, kept), 'y'.repeat(60));
  young.close();
  old.add('post1', 'a');
  assert.equal(room.bytes, 1);
});

test('in any order of events a reader gets the rest of its stream, or is refused', () => {
  const streams = ['post1', 'post2', 'get'];
  const steps = fc.array(
    fc.record({
      stream: fc.constantFrom(...streams),
      bytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(121)),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const bounds = { replayEvents: 8, replayBytes: 120, replayTotalBytes: 200 };
      const { log, room } = logWith(bounds);
      const given: { stream: string; id: string; line: string }[] = [];
      for (const stream of streams) given.push({ stream, id: log.begin(stream), line: '' });
      for (const [at, { stream, bytes }] of all.entries()) {
        const line = `${at}`.padEnd(bytes, '.');
        given.push({ stream, id: log.add(stream, line), line });
      }
      assert.ok(room.bytes <= 120);
      for (const [at, { stream, id }] of given.entries()) {
        const rest = given.slice(at + 1).filter((each) => each.stream === stream);
        const found = log.after(id);
        if (!found.ok) assert.equal(found.error, 'gateway.events_dropped');
        else
          assert.deepEqual(
            found.value.events,
            rest.map((each) => ({ id: each.id, line: each.line })),
          );
      }
    }),
    { numRuns: 200 },
  );
});
