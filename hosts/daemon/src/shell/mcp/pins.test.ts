import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Digest, digestBytes } from '@ioi/canon';
import { wordPins } from '../../core/index.ts';
import { Pins } from './pins.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-pins-'));
after(() => rmSync(folder, { recursive: true }));

const said = (texts: Record<string, string>): ReadonlyMap<string, Digest> =>
  new Map([...NO_WORDS, ...Object.entries(texts).map(([name, text]) => pin(name, text))]);
const pin = (name: string, text: string) => [name, digestBytes(text)] as const;
const NO_WORDS = wordPins({ prompts: [], resources: [], templates: [] });

test('what a server says first holds; another text, and another tool, have to be seen', () => {
  const path = join(folder, 'first.json');
  const changed = (texts: Record<string, string>) => [...new Pins(path).changed('a', said(texts))];
  assert.deepEqual(changed({ x: '1' }), []);
  assert.deepEqual(changed({ x: '2' }), ['x']);
  assert.deepEqual(changed({ x: '1', y: '1' }), ['y']);
  assert.deepEqual(changed({ x: '1', y: '1' }), ['y'], 'it is not taken over in silence');
  new Pins(path).accept('a', said({ y: '1' }));
  assert.deepEqual(changed({ y: '1' }), []);
  assert.deepEqual(changed({ x: '1' }), ['x']);
  new Pins(path).forget('a');
  assert.deepEqual(changed({ x: '3' }), []);
});

test('a server that showed nothing at first has been seen, and so has one of many tools', () => {
  const pins = new Pins(join(folder, 'empty.json'));
  assert.equal(pins.changed('a', said({})).size, 0);
  assert.equal(pins.changed('a', said({ x: '1' })).size, 1);
  const many = said(Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`t${at}`, '1'])));
  assert.equal(pins.changed('b', many).size, 0);
  assert.deepEqual([...pins.changed('b', new Map([...many, ...said({ t8999: '2' })]))], ['t8999']);
});

test('of pins from before prompts were pinned those of tools hold, and prompts are seen', () => {
  const path = join(folder, 'older.json');
  const servers = { a: Object.fromEntries([pin('x', '1')]) };
  writeFileSync(path, JSON.stringify({ format: 'ioi-pins/1', servers }));
  const words = (description: string) => {
    const prompts = [{ name: 'p', description }];
    return [...wordPins({ prompts, resources: [], templates: [] })];
  };
  const changed = (texts: Record<string, string>, description: string) => [
    ...new Pins(path).changed('a', new Map([...said(texts), ...words(description)])),
  ];
  assert.deepEqual(changed({ x: '2' }, 'first'), ['x']);
  assert.deepEqual(changed({ x: '1' }, 'first'), []);
  assert.equal(changed({ x: '1' }, 'second').length, 1);
});

test('pins that cannot be written hold for nobody', () => {
  const pins = new Pins(join(folder, 'none', 'pins.json'));
  assert.throws(() => pins.changed('a', said({ x: '1' })), { code: 'ENOENT' });
  assert.throws(() => pins.changed('a', said({ x: '1' })), { code: 'ENOENT' });
});

test('a damaged file is named, and not begun anew', () => {
  for (const [at, text] of ['', '[]', '{"servers":null}', '{"servers":{"a":1'].entries()) {
    const path = join(folder, `damaged${at}.json`);
    writeFileSync(path, text);
    assert.throws(() => new Pins(path), { code: 'config.invalid', message: /damaged/ });
    assert.equal(readFileSync(path, 'utf8'), text);
  }
});
