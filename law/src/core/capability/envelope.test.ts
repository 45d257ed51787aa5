import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy, includes, loadPolicy } from '../policy/index.ts';
import { isEnvelopeWithin, missingIn, outsideEnvelope } from './envelope.ts';

const RULE = { rule_id: 'all', target: 'fs::*', conditions: {}, action: 'ALLOW' } as const;

function policyOf(envelope?: readonly string[]) {
  const held = envelope === undefined ? {} : { envelope };
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules: [RULE], ...held }));
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return compilePolicy(loaded.value.rules);
}

const reading = { primitive_capabilities: ['prim:fs.read'], authority_scopes: [] };
const mailing = {
  primitive_capabilities: ['prim:net.request'],
  authority_scopes: ['scope:gmail.send'],
};

test('what a tool takes must be in every envelope, whatever the rules say', () => {
  const local = policyOf(['prim:fs.read', 'prim:net.request']);
  assert.equal(outsideEnvelope({ local }, reading), undefined);
  const blocked = outsideEnvelope({ local }, mailing);
  assert.deepEqual([blocked?.verdict, blocked?.code], ['BLOCK', 'capability.outside_envelope']);
  assert.equal(outsideEnvelope({ local: policyOf() }, mailing), undefined);
  const ceiling = { policy: policyOf(['prim:net.request']) };
  assert.equal(outsideEnvelope({ local, ceiling }, reading)?.layer, 'organisation');
  assert.equal(outsideEnvelope({ local: policyOf([]) }, reading)?.verdict, 'BLOCK');
});

test('an envelope is part of the policy: read strictly, and only a smaller one tightens', () => {
  const old = loadPolicy('{"policy_id":"p","rules":[],"envelope":["cap:input"]}');
  assert.ok(old.ok);
  assert.deepEqual(old.value.rules.envelope, ['prim:ui.interact']);
  for (const wrong of ['prim:math.eval', 'prim://fs', 'fs.read']) {
    const refused = loadPolicy(`{"policy_id":"p","rules":[],"envelope":["${wrong}"]}`);
    assert.equal(!refused.ok && refused.error[0]?.pointer, '/envelope/0', wrong);
  }
  assert.ok(isEnvelopeWithin(undefined, ['prim:fs.read']));
  assert.ok(!isEnvelopeWithin(['prim:fs.read'], undefined));
  const [none, one, two] = [policyOf(), policyOf(['prim:fs.read'])].concat(
    policyOf(['prim:fs.read', 'prim:sys.exec']),
  );
  assert.ok(none && one && two);
  assert.equal(includes(none, one).verdict, 'included');
  assert.equal(includes(two, one).verdict, 'included');
  assert.equal(includes(one, two).verdict, 'undecided');
  assert.equal(includes(one, none).verdict, 'undecided');
  assert.notEqual(one.policyHash, two.policyHash);
});

test('what an envelope does not hold is named, of the owner before the organisation', () => {
  const ceiling = { policy: policyOf(['scope:gmail.send']) };
  assert.deepEqual(missingIn({ local: policyOf(), ceiling }, mailing), ['prim:net.request']);
  const local = policyOf(['prim:net.request']);
  assert.deepEqual(missingIn({ local, ceiling }, mailing), ['scope:gmail.send']);
  assert.deepEqual(missingIn({ local: policyOf() }, mailing), []);
});
