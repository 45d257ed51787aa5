import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cursorOf, pageOf, placeIn } from './cursor.ts';

const list = 'names';
const placeOf = (name: string): string => name;

/** Page by page, with names that come in between. */
function read(all: Set<string>, most: number, come: (page: number) => readonly string[]): string[] {
  const told: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; ; page += 1) {
    const found = pageOf([...all], { list, placeOf, cursor, most });
    assert.ok(found.ok);
    assert.ok(found.value.members.length <= most);
    told.push(...found.value.members);
    cursor = found.value.next_cursor;
    if (cursor === undefined) return told;
    for (const name of come(page)) all.add(name);
  }
}

test('pages tell each member once, and all that were there, whatever comes meanwhile', () => {
  const names = fc.uniqueArray(fc.string(), { maxLength: 40 });
  const most = fc.integer({ min: 1, max: 7 });
  fc.assert(
    fc.property(names, names, most, (before, later, size) => {
      const told = read(new Set(before), size, (page) => later.slice(page, page + 1));
      assert.equal(new Set(told).size, told.length);
      for (const name of before) assert.ok(told.includes(name), name);
    }),
  );
});

test('without a size a list is told whole', () => {
  const found = pageOf(['b', 'a'], { list, placeOf, cursor: undefined, most: undefined });
  assert.deepEqual(found, { ok: true, value: { members: ['a', 'b'] } });
});

test('a cursor of another list, or of nobody, is refused by name', () => {
  assert.deepEqual(placeIn(list, 'string', cursorOf(list, 'a')), { ok: true, value: 'a' });
  assert.deepEqual(placeIn(list, 'number', cursorOf(list, 7)), { ok: true, value: 7 });
  const others = [
    '',
    'x',
    'AAAA',
    cursorOf('others', 'a'),
    cursorOf(list, 7),
    `${cursorOf(list, 'a')}=`,
  ];
  for (const cursor of others) {
    const refused = placeIn(list, 'string', cursor);
    assert.equal(!refused.ok && refused.error.code, 'cursor.invalid', cursor);
  }
  for (const place of [-1, 1.5, 'a']) {
    assert.equal(placeIn(list, 'number', cursorOf(list, place as number)).ok, false);
  }
});
