import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import { isToolExecutionReceipt, type RuntimeToolContract } from '@ioi/protocol';
import { contractOf, requestFor } from '../testing/actions.ts';
import { markersFor } from './rrsa.ts';

const requestHash = digestBytes('request');
const decisionHash = digestBytes('decision');
const facts = { workspace_root: '/w' };
const output = digestBytes('output');

const marksOf = (
  contract: RuntimeToolContract,
  params: Record<string, unknown>,
  given: { output?: Digest; facts?: object } = { output, facts },
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

test('a filesystem act commits to all its paths, its root and its output', () => {
  const contract = contractOf('move_file');
  assert.deepEqual(marksOf(contract, { source: '/w/b', destination: '/w/a' }), {
    rrsa_request_binding: requestHash,
    rrsa_firewall_decision: decisionHash,
    rrsa_domain: 'filesystem',
    rrsa_path_scope_binding: digest({ paths: ['/w/a', '/w/b'], workspace_root: '/w' }),
    rrsa_output_commitment: output,
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

test('a marker without evidence is left out', () => {
  const contract = contractOf('write_file');
  const all = Object.keys(marksOf(contract, { path: '/w/a' }));
  const cases = [
    [{ path: '/w/a' }, { facts }, 'rrsa_output_commitment'],
    [{ path: '/w/a' }, { output }, 'rrsa_path_scope_binding'],
    [{}, { output, facts }, 'rrsa_path_scope_binding'],
  ] as const;
  for (const [params, given, missing] of cases) {
    const kept = Object.keys(marksOf(contract, params, given));
    assert.deepEqual(
      kept,
      all.filter((name) => name !== missing),
    );
  }
});

test('an unmapped act commits to its output alone', () => {
  const marks = marksOf(contractOf('list_allowed_directories'), {});
  assert.deepEqual(Object.keys(marks).slice(2), ['rrsa_domain', 'rrsa_output_commitment']);
  assert.equal(marks.rrsa_domain, 'unmapped');
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
