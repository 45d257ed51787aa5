import { assert } from '@ioi/basis';
import type { IndexedConstraint } from '../core/objects/constraint.ts';
import { add, exactInteger, formatExact, parseExact, ZERO } from '../core/objects/exact.ts';
import { compileForm, type Form } from '../core/objects/form.ts';
import { BEHIND_ID, type ClassHead, keys, type ObjectHead } from '../core/objects/heads.ts';
import { headOf } from '../core/objects/index-deltas.ts';
import { compareNumbers } from '../core/objects/indexes.ts';
import { textOf } from './artifacts.ts';
import type { TestDomain } from './test-domain.ts';

type Kept = Map<string, unknown>;

/** Asserts that every index and kept number is what all objects together give. */
export function assertKept(domain: TestDomain): void {
  const expected: Kept = new Map();
  for (const { key, value } of domain.heads.list('class')) {
    for (const [name, each] of recount(domain, key.id, value as ClassHead))
      expected.set(name, each);
  }
  const classes = new Set([...expected.keys()].map((name) => name.split(' ')[0]!));
  for (const headClass of indexClasses(domain)) classes.add(headClass);
  const found: Kept = new Map();
  for (const headClass of classes) {
    for (const { key, value } of domain.heads.list(headClass)) {
      found.set(`${headClass} ${key.id}`, value);
    }
  }
  const [left, right] = [found, expected].map((kept) => textOf(Object.fromEntries(kept)));
  assert(left === right, `kept ${left}, recounted ${right}`);
}

/** Head classes of indexes in force; what a dropped constraint left behind means nothing. */
function indexClasses(domain: TestDomain): string[] {
  return domain.heads.list('class').flatMap(({ key, value }) => {
    const { constraints, migration } = value as ClassHead;
    const all = [...constraints, ...(migration?.source.constraints ?? [])];
    const prefixes = ['unique', 'ranges', 'references', 'group'];
    const indexes = all.flatMap((each) => prefixes.map((p) => `${p}.${each.constraint_id}`));
    return [`tally.${key.id}`, ...indexes];
  });
}

function recount(domain: TestDomain, name: string, head: ClassHead): Kept {
  const kept: Kept = new Map();
  const forms = [head, ...(head.migration ? [head.migration.source] : [])].map((each) => {
    const form = compileForm(each, head.aggregates);
    assert(form.ok, 'what was defined compiles');
    return form.value;
  });
  for (const { key, value } of domain.heads.list(`object.${name}`)) {
    const object = value as ObjectHead;
    const form = forms.find((each) => each.schemaVersion === object.schema_version);
    assert(form !== undefined, 'an object is at a version its class knows');
    count(kept, name, form, { id: key.id, object });
    if (form !== forms[0]) tally(kept, nameOf(keys.tally(name, BEHIND_ID)), exactInteger(1));
  }
  return kept;
}

type Held = { readonly id: string; readonly object: ObjectHead };

function count(kept: Kept, name: string, form: Form, { id, object }: Held): void {
  for (const aggregate of form.aggregates) {
    tally(kept, nameOf(keys.tally(name, aggregate.id)), aggregate.share(object.value));
  }
  for (const constraint of form.indexed) countEntry(kept, constraint, { id, object });
}

function countEntry(kept: Kept, constraint: IndexedConstraint, { id, object }: Held): void {
  const entry = constraint.entry(object.value);
  if (!entry) return;
  const { head_class, id: key } = headOf(constraint, entry);
  const name = `${head_class} ${key}`;
  if (constraint.index === 'unique') {
    assert(!kept.has(name), 'one object for each key');
    kept.set(name, { id });
  } else if (constraint.index === 'range') {
    const held = (kept.get(name) as { ranges: { from: string; id: string }[] } | undefined)?.ranges;
    const ranges = [...(held ?? []), { ...entry.range!, id }];
    kept.set(name, { ranges: ranges.sort((a, b) => compareNumbers(a.from, b.from)) });
  } else tally(kept, name, exactInteger(1));
}

function tally(kept: Kept, name: string, by: ReturnType<typeof exactInteger>): void {
  const held = kept.get(name) as { total: string } | undefined;
  const total = add(held ? parseExact(held.total) : ZERO, by);
  if (total.units === 0n) kept.delete(name);
  else kept.set(name, { total: formatExact(total) });
}

const nameOf = ({ headClass, id }: { headClass: string; id: string }) => `${headClass} ${id}`;
