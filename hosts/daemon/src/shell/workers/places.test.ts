import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Leave, Places } from './places.ts';

const { signal } = new AbortController();

test('who came first is served first, and who gives up is passed over', async () => {
  const places = new Places(1);
  const first = places.take();
  assert.ok(first);
  const served: string[] = [];
  const gone = new AbortController();
  const leaves = new Map<string, Leave | undefined>();
  const wants = (name: string, by = signal): void => {
    void places.next(name, by).then((leave) => {
      leaves.set(name, leave);
      served.push(name);
    });
  };
  wants('one');
  wants('two', gone.signal);
  wants('three');
  assert.equal(places.take(), undefined, 'nobody is passed');
  assert.deepEqual(
    [places.ahead('one'), places.ahead('three'), places.ahead('x')],
    [0, 2, undefined],
  );
  gone.abort();
  assert.equal(places.ahead('three'), 1);
  first();
  first();
  await turn();
  assert.deepEqual(served, ['two', 'one'], 'a place is given back once');
  assert.equal(leaves.get('two'), undefined);
  leaves.get('one')?.();
  await turn();
  assert.equal(served.at(-1), 'three');
  assert.equal(await places.next('late', AbortSignal.abort()), undefined);
});

test('who waits for something else gives its place up where it is needed', async () => {
  const places = new Places(2);
  const [one, two] = [places.take(), places.take()];
  const gave: string[] = [];
  const back = places.spare(() => {
    gave.push('one');
    one?.();
  });
  places.spare(() => {
    gave.push('two');
    two?.();
  });
  assert.deepEqual(gave, []);
  const third = places.take();
  assert.deepEqual(gave, ['one']);
  back();
  const fourth = await places.next('four', signal);
  assert.ok(third && fourth);
  assert.deepEqual(gave, ['one', 'two']);
  const last = places.next('five', signal);
  places.spare(() => third());
  assert.ok(await last, 'also one that says so later');
});

test('no more of them give a place up than others need', async () => {
  const places = new Places(3);
  const gave: number[] = [];
  const leaves = [places.take(), places.take(), places.take()];
  for (const [at, leave] of leaves.entries()) {
    places.spare(() => {
      gave.push(at);
      leave?.();
    });
  }
  assert.ok(await places.next('four', signal));
  assert.deepEqual(gave, [0]);
  assert.ok(places.take());
  assert.deepEqual(gave, [0, 1]);
});
