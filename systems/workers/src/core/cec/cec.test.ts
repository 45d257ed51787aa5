import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advance, type CecStage } from './cec.ts';

const STAGES: readonly CecStage[] = [
  'contract_loaded',
  'discovery',
  'provider_selection',
  'payload_synthesis',
  'execution',
  'verification',
  'completion_gate',
  'terminal',
];

/** The table as one would write it by hand. */
const FOLLOWS: Readonly<Record<CecStage, readonly CecStage[]>> = {
  contract_loaded: ['discovery'],
  discovery: ['provider_selection'],
  provider_selection: ['payload_synthesis'],
  payload_synthesis: ['payload_synthesis', 'execution'],
  execution: ['verification'],
  verification: ['completion_gate'],
  completion_gate: ['terminal'],
  terminal: [],
};

test('stages follow each other in one order, and anything else breaks the contract', () => {
  for (const from of STAGES) {
    for (const to of STAGES) {
      const advanced = advance(from, to);
      assert.equal(advanced.ok, FOLLOWS[from].includes(to), `${from} to ${to}`);
      if (!advanced.ok) assert.equal(advanced.error.class, 'ExecutionContractViolation');
    }
  }
});

test('whatever is tried, execution is entered at most once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STAGES), { maxLength: 60 }), (tried) => {
      let [stage, executions] = ['contract_loaded' as CecStage, 0];
      for (const to of tried) {
        const advanced = advance(stage, to);
        if (!advanced.ok) continue;
        stage = advanced.value;
        if (stage === 'execution') executions += 1;
      }
      assert.ok(executions <= 1);
    }),
    { seed: 34, numRuns: 500 },
  );
});
