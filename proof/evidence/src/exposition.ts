import assert from 'node:assert/strict';

type Read = { readonly type: string; readonly samples: Map<string, number> };

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABELS = /^(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,(?!$)|$))+$/;
const NUMBER = /^(?:[+-]Inf|NaN|[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)$/i;
const TYPES = ['counter', 'gauge', 'histogram'];
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  info: ['_info'],
  histogram: ['_bucket', '_sum', '_count'],
};

/**
 * Reads what a Prometheus server would, and faults on whatever the formats forbid, or what makes no
 * sense in them. Values by name and labels as they stand.
 */
export function readExposition(text: string, isOpen = false): ReadonlyMap<string, number> {
  assert.ok(text.endsWith('\n'), 'the last line does not end');
  const lines = text.slice(0, -1).split('\n');
  if (isOpen) assert.equal(lines.pop(), '# EOF');
  const families = new Map<string, Read>();
  let current = '';
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    if (help === null) {
      const found = families.get(current);
      assert.ok(found, `a sample before any family: ${line}`);
      readSample(line, { name: current, ...found }, isOpen);
      continue;
    }
    current = help[1] ?? '';
    assert.match(current, NAME);
    assert.ok(!families.has(current), `${current} stands twice`);
    at += 1;
    const type = /^# TYPE (\S+) (\S+)$/.exec(lines[at] ?? '');
    assert.equal(type?.[1], current, 'each family has HELP and TYPE');
    assert.ok((isOpen ? [...TYPES, 'info'] : TYPES).includes(type?.[2] ?? ''), lines[at] ?? '');
    families.set(current, { type: type?.[2] ?? '', samples: new Map() });
  }
  for (const [name, family] of families) if (family.type === 'histogram') heldTo(name, family);
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
}

function readSample(line: string, family: Read & { readonly name: string }, isOpen: boolean): void {
  const [, name = '', labels, value = ''] = SAMPLE.exec(line) ?? [];
  assert.notEqual(name, '', `no sample: ${line}`);
  const { type, samples } = family;
  const isShort = type === 'counter' && !isOpen;
  const endings = isShort ? [''] : (ENDINGS[type] ?? ['']);
  const isIts = endings.some((ending) => name === `${family.name}${ending}`);
  assert.ok(isIts, `${name} is none of ${family.name}, a ${type}`);
  if (type === 'counter') assert.match(name, /_total$/);
  if (labels !== undefined) assert.match(labels, LABELS);
  const names = [...(labels ?? '').matchAll(/([a-zA-Z0-9_]+)="/g)].map(([, each]) => each);
  assert.equal(new Set(names).size, names.length, `a label stands twice: ${line}`);
  const isBucket = type === 'histogram' && name.endsWith('_bucket');
  assert.equal(names.includes('le'), isBucket, line);
  assert.ok(!names.includes('quantile'), line);
  assert.match(value, NUMBER);
  const key = labels === undefined ? name : `${name}{${labels}}`;
  assert.ok(!samples.has(key), `${key} stands twice`);
  const number = numberOf(value);
  if (type === 'counter') assert.ok(number >= 0, line);
  samples.set(key, number);
}

/** Buckets are in order and count all below them; the last one counts everything. */
function heldTo(name: string, { samples }: Read): void {
  const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket`));
  const bounds = buckets.map(([key]) => numberOf(/le="([^"]+)"/.exec(key)?.[1] ?? ''));
  const counts = buckets.map(([, count]) => count);
  assert.ok(bounds.length > 1 && bounds.at(-1) === Number.POSITIVE_INFINITY, name);
  for (let at = 1; at < bounds.length; at += 1) {
    assert.ok((bounds[at] ?? 0) > (bounds[at - 1] ?? 0), `${name} is not in order`);
    assert.ok((counts[at] ?? 0) >= (counts[at - 1] ?? 0), `${name} does not count all below`);
  }
  assert.equal(samples.get(`${name}_count`), counts.at(-1));
  assert.ok((samples.get(`${name}_sum`) ?? -1) >= 0);
}

function numberOf(text: string): number {
  return Number(text.replace(/^\+?Inf$/, 'Infinity'));
}
