import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { importsPointDown } from './floors.ts';

const HOUSE = {
  'ground/basis': {},
  'ground/canon': {},
  'ground/crypto': {},
  'ground/merkle': {},
  protocol: {},
  law: {},
  verifier: {},
  'systems/firewall': {},
  'systems/gateway': {},
  'hosts/daemon': {},
  'hosts/edge': {},
  'apps/cli': {},
  'apps/sdk': {},
  'apps/python': {},
  'proof/bench': {},
  'proof/sim': {},
  'tools/tidy': {},
};

function findingsFor(from: string, to: string): string[] {
  const text = `import { x } from '@ioi/${to}';\n`;
  return spoken(importsPointDown(madeUp({ [`${from}/src/core/a.ts`]: text }, HOUSE)));
}

test('an import of a lower floor is fine', () => {
  const pairs = [
    ['ground/canon', 'basis'],
    ['ground/crypto', 'canon'],
    ['ground/merkle', 'basis'],
    ['protocol', 'merkle'],
    ['law', 'protocol'],
    ['verifier', 'law'],
    ['systems/firewall', 'law'],
    ['hosts/daemon', 'firewall'],
    ['hosts/daemon', 'verifier'],
    ['apps/cli', 'verifier'],
    ['apps/cli', 'sdk'],
    ['apps/cli', 'python'],
    ['proof/bench', 'daemon'],
    ['proof/sim', 'bench'],
    ['tools/tidy', 'daemon'],
  ];
  for (const [from, to] of pairs) {
    assert.deepEqual(findingsFor(from as string, to as string), [], `${from} -> ${to}`);
  }
});

test('an import of a higher floor, or of a sibling, is found', () => {
  const pairs = [
    ['ground/basis', 'canon'],
    ['ground/crypto', 'merkle'],
    ['ground/canon', 'protocol'],
    ['protocol', 'law'],
    ['law', 'firewall'],
    ['verifier', 'firewall'],
    ['systems/firewall', 'gateway'],
    ['systems/firewall', 'verifier'],
    ['systems/firewall', 'daemon'],
    ['hosts/daemon', 'edge'],
    ['hosts/daemon', 'cli'],
    ['apps/cli', 'daemon'],
    ['apps/cli', 'firewall'],
    ['apps/sdk', 'cli'],
    ['tools/tidy', 'bench'],
    ['hosts/daemon', 'bench'],
  ];
  for (const [from, to] of pairs) {
    assert.equal(findingsFor(from as string, to as string).length, 1, `${from} -> ${to}`);
  }
});

test('every way to import is seen, in tests too, with its line', () => {
  const text = [
    "import type { A } from '@ioi/gateway';",
    "export * from '@ioi/gateway/shell';",
    "const later = () => import('@ioi/gateway');",
    "type B = import('@ioi/gateway').B;",
    "const where = import.meta.resolve('@ioi/gateway');",
    "// import '@ioi/gateway';",
    'const text = "import \'@ioi/gateway\'";',
  ].join('\n');
  const project = madeUp({ 'systems/firewall/src/core/a.test.ts': text }, HOUSE);
  assert.deepEqual(
    importsPointDown(project).map(({ line }) => line),
    [1, 2, 3, 4, 5],
  );
});

test('a finding names both packages and what to do', () => {
  assert.deepEqual(findingsFor('systems/firewall', 'gateway'), [
    'systems/firewall/src/core/a.ts:1 systems/firewall may not import systems/gateway: ' +
      'siblings do not talk; what both need moves down a floor',
  ]);
});

test('a package outside the house is found', () => {
  const project = madeUp({}, { 'ground/new': {}, 'attic/old': {} });
  assert.deepEqual(spoken(importsPointDown(project)), [
    'attic/old/package.json:0 this folder has no floor in the house',
  ]);
});
