import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isWorkflowSchema } from '@ioi/protocol';
import { type Shape, shapeFaults } from '../shape/index.ts';
import { readWorkflow } from './index.ts';

const schemas = new URL('../../../../protocol/', import.meta.url);
const shape: Shape = JSON.parse(
  readFileSync(new URL('schemas/WorkflowSchema.json', schemas), 'utf8'),
);
const [example] = readFileSync(new URL('vectors/artifacts.jsonl', schemas), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ artifact, valid }) => artifact === 'WorkflowSchema' && valid)
  .map(({ value }) => value);
const AGREED = '{"port":"agree.agreed","is":"equal","value":true}';
const manifestOf = () => undefined;
const routes = new Set<string>();
const tools = new Set(['read_text_file', 'write_file']);

/** What is wrong with the example, with some text of it put otherwise. */
function faultsWith(...changes: readonly (readonly [string, string])[]): string[] {
  let text = JSON.stringify(example);
  for (const [old, put] of changes) {
    assert.ok(text.includes(old), old);
    text = text.replace(old, put);
  }
  const read = readWorkflow(text, { shape, tools, manifestOf, routes });
  return read.ok ? [] : read.error.map(({ code, pointer }) => `${code} ${pointer}`);
}

test('a workflow is put in layers, each after what it waits for, conditions too', () => {
  const read = readWorkflow(JSON.stringify(example), { shape, tools, manifestOf, routes });
  assert.ok(read.ok);
  const { layers, graphId, unresolved } = read.value;
  assert.deepEqual(layers, [['read'], ['sum_up', 'give_up'], ['check'], ['agree'], ['keep']]);
  assert.match(graphId, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(unresolved, ['model://local/small', 'worker://local/checker']);
  const other = readWorkflow(JSON.stringify(example, undefined, 2), {
    shape,
    tools,
    manifestOf,
    routes,
  });
  assert.ok(other.ok && other.value.graphId === graphId, 'blanks are not part of it');
});

test('every reference exists, and every edge fits what it joins', () => {
  assert.deepEqual(faultsWith(['"tool":"write_file"', '"tool":"rite_file"']), [
    'workflow.unknown_tool /steps/4/tool',
  ]);
  assert.deepEqual(faultsWith(['"to":"sum_up.notes"', '"to":"sum_up.note"']), [
    'workflow.unknown_port /edges/1/to',
    'workflow.not_fed /steps/1/inputs/0',
  ]);
  assert.deepEqual(faultsWith(['"from":"check","to":"agree"', '"from":"chek","to":"agree"']), [
    'workflow.unknown_step /edges/4/from',
  ]);
  assert.deepEqual(faultsWith(['"from":"read.content"', '"from":"sum_up.lines"']), [
    'workflow.type_mismatch /edges/1/to',
    'workflow.cycle /edges/1',
  ]);
  assert.deepEqual(faultsWith(['"value":true', '"value":"true"']), [
    'workflow.type_mismatch /edges/5/when',
  ]);
  assert.deepEqual(faultsWith(['"is":"equal"', '"is":"at_least"']), [
    'workflow.type_mismatch /edges/5/when',
  ]);
  assert.deepEqual(faultsWith(['"port":"agree.agreed"', '"port":"agree.summary"']), [
    'workflow.unknown_port /edges/5/when/port',
  ]);
});

test('names are their own, values come from one place, and no step may more than the whole', () => {
  assert.deepEqual(faultsWith(['"step_id":"give_up"', '"step_id":"outputs"']), [
    'workflow.reserved_name /steps/5/step_id',
    'workflow.unknown_step /edges/7/to',
  ]);
  assert.ok(
    faultsWith(['"step_id":"give_up"', '"step_id":"read"']).includes(
      'workflow.duplicate_name /steps/5/step_id',
    ),
  );
  assert.deepEqual(faultsWith(['"params":{"path"', '"params":{"content"']), []);
  assert.deepEqual(
    faultsWith(['"params":{"path"', '"params":{"content"'], [`,"when":${AGREED}`, '']),
    ['workflow.fed_twice /edges/5/to'],
  );
  assert.deepEqual(
    faultsWith(['{"amount":"0.20","unit":"USD"}', '{"amount":"0.51","unit":"USD"}']),
    ['workflow.budget_exceeds /steps/1/budget/max_spend'],
  );
  assert.deepEqual(
    faultsWith(['{"amount":"0.20","unit":"USD"}', '{"amount":"0.1","unit":"EUR"}']),
    ['workflow.budget_exceeds /steps/1/budget/max_spend'],
  );
});

test('a cycle is named, whether data, order, a fallback or a condition closes it', () => {
  const closing = '{"kind":"order","from":"check","to":"agree"}';
  const cycleBy = (edge: string) => faultsWith([closing, `${closing},${edge}`]);
  for (const edge of [
    '{"kind":"order","from":"keep","to":"read"}',
    '{"kind":"fallback","from":"keep","to":"sum_up"}',
    '{"kind":"order","from":"check","to":"check"}',
    `{"kind":"order","from":"read","to":"check","when":${AGREED}}`,
  ]) {
    const found = cycleBy(edge);
    assert.equal(found.length, 1, edge);
    assert.match(found[0] ?? '', /^workflow\.cycle \/edges\/\d$/, edge);
  }
});

test('a fault has its line and column, and says what was probably meant', () => {
  const text = '{\n  "workflow_id": "workflow://x",\n  "verson": "1.0.0"\n}';
  const read = readWorkflow(text, { shape, tools, manifestOf, routes });
  assert.ok(!read.ok);
  const [unknown, ...missing] = read.error;
  assert.deepEqual(
    [unknown?.code, unknown?.line, unknown?.column],
    ['workflow.unknown_field', 3, 3],
  );
  assert.match(unknown?.message ?? '', /did you mean `version`/);
  assert.equal(missing.length, 4);
  const broken = readWorkflow('{\n "a": }', { shape, tools, manifestOf, routes });
  assert.ok(!broken.ok);
  assert.deepEqual([broken.error[0]?.code, broken.error[0]?.line], ['canon.syntax', 2]);
  const [kind] = faultsWith(['"kind":"model"', '"kind":"modell"']);
  assert.equal(kind, 'workflow.wrong_type /steps/1/kind');
});

test('what has a fault of shape is what the validator refuses, whatever is changed', () => {
  let refused = 0;
  for (const mutant of mutantsOf(example)) {
    const isFaultless = shapeFaults(mutant as never, shape).length === 0;
    assert.equal(isFaultless, isWorkflowSchema(mutant), JSON.stringify(mutant));
    if (!isFaultless) refused += 1;
  }
  assert.ok(refused > 1_000, String(refused));
});

function* mutantsOf(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const source = value as Record<string, unknown>;
    const { [key]: held, ...rest } = source;
    if (!Array.isArray(value)) yield rest;
    for (const other of [null, 0, -1, 1.5, '', 'x', 'x.y', [], {}, true, 'a'.repeat(5_000)]) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...source, [key]: other };
    }
    for (const inner of mutantsOf(held)) {
      yield Array.isArray(value) ? value.with(Number(key), inner) : { ...source, [key]: inner };
    }
  }
}
