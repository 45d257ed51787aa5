import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes, digestOf } from '@ioi/canon';
import { isToolExecutionReceipt, type RuntimeToolContract } from '@ioi/protocol';
import { contractOf, requestFor } from '../testing/actions.ts';
import { isSatisfied, markersFor, missingEvidence, requiredMarkers } from './rrsa.ts';

const requestHash = digestBytes('request');
const decisionHash = digestBytes('decision');
const facts = { workspace_root: '/w' };
const output = { content: [] };

const marksOf = (
  contract: RuntimeToolContract,
  params: Record<string, unknown>,
  given: { output?: unknown; facts?: object } = { output, facts },
) =>
  markersFor({
    contract,
    request: requestFor(contract, params),
    facts: given.facts ?? {},
    output: given.output,
    requestHash,
    decisionHash,
  });

const digest = (value: unknown): string => {
  const outcome = digestOf(value);
  assert.ok(outcome.ok);
  return outcome.value;
};

test('each domain needs the markers of the RRS-A table', () => {
  const base = ['rrsa_request_binding', 'rrsa_firewall_decision', 'rrsa_domain'];
  assert.deepEqual(requiredMarkers('filesystem'), [
    ...base,
    'rrsa_path_scope_binding',
    'rrsa_output_commitment',
  ]);
  assert.deepEqual(requiredMarkers('network'), [
    ...base,
    'rrsa_domain_binding',
    'rrsa_output_commitment',
  ]);
  for (const domain of ['shell', 'unmapped'] as const) {
    assert.deepEqual(requiredMarkers(domain), [...base, 'rrsa_output_commitment']);
  }
});

test('a filesystem act commits to all its paths, its root and its output', () => {
  const contract = contractOf('move_file');
  assert.deepEqual(marksOf(contract, { source: '/w/b', destination: '/w/a' }), {
    rrsa_request_binding: requestHash,
    rrsa_firewall_decision: decisionHash,
    rrsa_domain: 'filesystem',
    rrsa_path_scope_binding: digest({ paths: ['/w/a', '/w/b'], workspace_root: '/w' }),
    rrsa_output_commitment: digest(output),
  });
  const many = marksOf(contractOf('read_multiple_files'), { paths: ['/w/é', '/w/a', '/w/a'] });
  const scope = { paths: ['/w/a', '/w/é'], workspace_root: '/w' };
  assert.equal(many.rrsa_path_scope_binding, digest(scope));
});

test('a network act commits to the host as the URL standard reads it', () => {
  const contract: RuntimeToolContract = { ...contractOf('read_file'), rrsa_domain: 'network' };
  const url = 'https://EXAMPLE.com:443/a?b';
  const marks = marksOf(contract, { url });
  const bound = digest({ host: 'example.com', url: 'https://example.com/a?b' });
  assert.equal(marks.rrsa_domain_binding, bound);
  const named = marksOf(contract, { host: 'example.com' });
  assert.equal(named.rrsa_domain_binding, digest({ host: 'example.com' }));
  assert.equal(marksOf(contract, { url: 'nonsense' }).rrsa_domain_binding, undefined);
});

test('a marker without evidence is left out and the gate names it', () => {
  const contract = contractOf('write_file');
  const postconditions = [{ name: 'content_matches', satisfied: true }];
  const complete = marksOf(contract, { path: '/w/a' });
  assert.ok(isSatisfied({ contract, markers: complete, postconditions }));
  const cases = [
    [{ path: '/w/a' }, { facts }, ['rrsa_output_commitment']],
    [{ path: '/w/a' }, { output }, ['rrsa_path_scope_binding']],
    [{}, { output, facts }, ['rrsa_path_scope_binding']],
    [{ path: '/w/a' }, { output: Number.NaN, facts }, ['rrsa_output_commitment']],
  ] as const;
  for (const [params, given, missing] of cases) {
    const markers = marksOf(contract, params, given);
    assert.deepEqual(missingEvidence({ contract, markers, postconditions }), missing);
  }
});

test('every postcondition must be there and hold, and the domain must be the contract’s', () => {
  const contract = contractOf('move_file');
  const markers = marksOf(contract, { source: '/w/b', destination: '/w/a' });
  const holds = { name: 'target_exists', satisfied: true };
  const fails = { name: 'source_absent', satisfied: false };
  const gate = (postconditions: { name: string; satisfied: boolean }[]) =>
    missingEvidence({ contract, markers, postconditions });
  assert.deepEqual(gate([]), ['target_exists', 'source_absent']);
  assert.deepEqual(gate([holds, fails]), ['source_absent']);
  assert.deepEqual(gate([holds, fails, { ...fails, satisfied: true }]), ['source_absent']);
  const other = { ...markers, rrsa_domain: 'shell' as const };
  const postconditions = [holds, { ...fails, satisfied: true }];
  assert.deepEqual(missingEvidence({ contract, markers: other, postconditions }), ['rrsa_domain']);
});

test('the markers fit the receipt they go into', () => {
  const contract = contractOf('write_file');
  const receipt = {
    request_hash: requestHash,
    committed_action_hash: requestHash,
    contract_hash: requestHash,
    outcome: 'completed',
    reported_error: false,
    satisfied: true,
    markers: marksOf(contract, { path: '/w/a' }),
    postconditions: [{ name: 'content_matches', satisfied: true }],
    evidence_commit_hash: requestHash,
    contract_version: contract.version,
    attempt: 1,
    seq: '1',
    prev_receipt_hash: requestHash,
  };
  assert.ok(isToolExecutionReceipt(receipt));
});
