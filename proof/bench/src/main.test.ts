import { equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMet } from './report.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

function bench(...args: string[]): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, lines: stdout.split('\n').filter((line) => line !== '') };
}

test('figures are printed one JSON object a line, named as targets name them', () => {
  const { status, lines } = bench('canon', '--json');
  equal(status, 0);
  const figures = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const name of ['p50_ratio_vs_stringify', 'speedup_vs_canonicalize']) {
    const figure = figures.find((each) => each['figure'] === name);
    ok(figure !== undefined, name);
    equal(figure['run'], 'canon');
    equal(figure['unit'], 'x');
    equal(typeof figure['value'], 'number');
    equal(typeof figure['peer'], 'string');
    equal(typeof figure['peer_value'], 'number');
    equal(typeof figure['ratio'], 'number');
  }
});

test('a name that is no bench is refused with those that are', () => {
  equal(bench('nonsense').status, 2);
  equal(bench().status, 2);
  equal(bench('canon', 'canon').status, 2);
});

test('a target is met from its own value on', () => {
  equal(isMet(2.5, { op: '<=', value: 2.5 }), true);
  equal(isMet(2.51, { op: '<=', value: 2.5 }), false);
  equal(isMet(2, { op: '>=', value: 2 }), true);
  equal(isMet(1.99, { op: '>=', value: 2 }), false);
});
