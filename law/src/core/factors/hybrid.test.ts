import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestApprovers, TestOrganisation, TestPasskey, unsignedOf } from '../../testing/index.ts';
import { smallLog } from '../../testing/sample-logs.ts';

test('what is of the hybrid class takes a classical and a post-quantum signature in sum', () => {
  const agent = smallLog();
  const approvers = new TestApprovers(agent);
  const organisation = new TestOrganisation(agent);
  organisation.pin();
  const [classical, quantum] = [new TestPasskey('es256'), new TestPasskey('ml-dsa-44')];
  approvers.enroll(classical);
  approvers.enroll(quantum);
  const unpinning = organisation.unpinning();
  const token = unsignedOf({ ...unpinning.token, method: 'passkey' });
  const refused = (user_sig: object, more: object = {}): string => {
    const payload = { ...unpinning, token: { ...token, user_sig, ...more } };
    const proposed = agent.node.propose('governance/organisation.unpin', payload);
    const result = agent.node.tryAdmit(proposed);
    return result.ok ? '' : result.error.message;
  };
  assert.match(refused(classical.sign(token)), /not hybrid in sum$/);
  assert.match(refused(quantum.sign(token)), /not hybrid in sum$/);
  assert.equal(refused(quantum.sign(token), { co_sigs: [classical.sign(token)] }), '');
});

test('a setting binds approvers, and not what the owner signs with the whole key', () => {
  const agent = smallLog();
  const approvers = new TestApprovers(agent);
  const organisation = new TestOrganisation(agent);
  organisation.pin();
  const [classical, quantum] = [new TestPasskey('es256'), new TestPasskey('ml-dsa-44')];
  approvers.enroll(classical);
  approvers.enroll(quantum);
  const quorum = { factors: 3, out_of_band: true };
  approvers.setRules({ low: quorum, high: quorum, rules: [] });
  const unpinning = organisation.unpinning();
  const tried = (token: object) => {
    const payload = { ...unpinning, token };
    return agent.node.tryAdmit(agent.node.propose('governance/organisation.unpin', payload));
  };
  const unsigned = unsignedOf({ ...unpinning.token, method: 'passkey' });
  const byOthers = { user_sig: quantum.sign(unsigned), co_sigs: [classical.sign(unsigned)] };
  const refused = tried({ ...unsigned, ...byOthers });
  assert.match(refused.ok ? '' : refused.error.message, /factors: 2 of 3$/);
  assert.equal(tried(unpinning.token).ok, true);
});
