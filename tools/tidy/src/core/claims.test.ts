import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { claimsCanFail } from './claims.ts';

const HEAD = 'No outside audit has happened.\n\n| claim | granted | false by |\n|---|---|---|\n';

function spokenOf(claims: string): readonly string[] {
  const files = {
    'docs/CLAIMS.md': claims,
    'package.json': JSON.stringify({ scripts: { evidence: 'node proof/evidence/src/main.ts' } }),
    'proof/evidence/src/main.ts': 'const RUNS = {\n  crash: { run },\n};',
    'law/src/core/a.test.ts': '',
    'apps/cli/src/program.ts': "add('verify <file>', 'check', load);",
  };
  return spoken(claimsCanFail(madeUp(files)));
}

test('a claim names a script and what it runs, a file of tests, or a command', () => {
  const commands =
    '`npm run evidence -- crash`, `node --test law/src/core/a.test.ts`, `ioi verify`';
  assert.deepEqual(spokenOf(`${HEAD}| a | b | ${commands} |\n`), []);
});

test('a command that is not there, or none, is found', () => {
  const gone = ['npm run evidence -- crush', 'npm run evil -- crash', 'node --test law/b.test.ts'];
  gone.push('ioi verifi', 'rm -r x');
  for (const command of gone) {
    const found = spokenOf(`${HEAD}| a | b | \`${command}\` |\n`);
    assert.deepEqual(found, [`docs/CLAIMS.md:5 ${command} does not exist`]);
  }
  assert.deepEqual(spokenOf(`${HEAD}| a | b | trust us |\n`), [
    'docs/CLAIMS.md:5 names no command',
  ]);
});

test('that nobody outside has audited it is said', () => {
  const unsaid = spokenOf(HEAD.replace('No outside', 'An outside'));
  assert.equal(unsaid.length, 2);
});
