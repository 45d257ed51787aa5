import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import { digestBytes } from '@ioi/canon';
import * as fc from 'fast-check';
import {
  forget,
  hashOf,
  TestAgent,
  TestNode,
  typeContract,
  typed,
  typingPolicy,
} from '../../testing/index.ts';
import { contentKeys, type ForgottenHead, type HoldHead } from './heads.ts';
import { contentsIn, referenceIn, revealed, saltedText, unsaltedText } from './reference.ts';

function typist(): TestAgent {
  const agent = new TestAgent(new TestNode());
  agent.begin(typingPolicy);
  agent.node.seal(agent.node.propose('contract.register', { contract: typeContract }));
  return agent;
}

/** Why an operation is not admitted. */
function refusal(agent: TestAgent, operation: string, payload: object): string {
  const result = agent.node.tryAdmit(agent.node.propose(operation, payload));
  return result.ok ? 'admitted' : result.error.code;
}

const some = digestBytes('some');
const other = digestBytes('other');
const forgetting = (...digests: readonly Digest[]) => ({
  digests,
  reason: 'asked for',
  authority: 'operator',
});

test('a text that is only referred to is decided on as if it stood in the request', () => {
  const agent = typist();
  for (const [text, verdict] of [
    ['hello', 'ALLOW'],
    ['my password', 'BLOCK'],
    ['delete it', 'REQUIRE_APPROVAL'],
  ] as const) {
    assert.equal(agent.decide(typed(agent, text, verdict)).state !== undefined, true);
    const wrong = verdict === 'BLOCK' ? 'ALLOW' : 'BLOCK';
    const lie = typed(agent, text, wrong).payload;
    assert.equal(refusal(agent, 'action.decide', lie), 'guardian.verdict_not_reproduced');
  }
});

test('a text written to a file is decided on as a text that is typed', () => {
  const agent = typist();
  const salted = saltedText('5a'.repeat(16), 'my password');
  agent.node.savePayload(salted);
  const digest = digestBytes(salted);
  const edits = [{ newText: { $payload: digest, bytes: 11 } }];
  const request = { ...agent.request('ui::type', {}), params: { app: 'notes', edits } };
  const asked = agent.ask(request, typeContract);
  const payload = { ...asked.payload, evidence: [digest] };
  const lie = { ...payload, verdict: 'ALLOW' as const };
  assert.equal(refusal(agent, 'action.decide', lie), 'guardian.verdict_not_reproduced');
  assert.equal(agent.decide({ request, payload }).state, 'blocked');
});

test('a decision names the contents it is made on, no more and no fewer', () => {
  const agent = typist();
  const { evidence: _, ...unnamed } = typed(agent, 'hello', 'ALLOW').payload;
  assert.equal(refusal(agent, 'action.decide', unnamed), 'content.undeclared');
  const more = typed(agent, 'hello', 'ALLOW').payload;
  const named = { ...more, evidence: [...(more.evidence ?? []), some] };
  assert.equal(refusal(agent, 'action.decide', named), 'content.undeclared');
  const write = { ...agent.write('/x').payload, evidence: [some] };
  assert.equal(refusal(agent, 'action.decide', write), 'content.undeclared');
});

test('without its content nothing is decided, whatever was forgotten before', () => {
  const agent = typist();
  const lost = typed(agent, 'hello', 'ALLOW');
  agent.node.payloads.delete(lost.digest);
  assert.equal(refusal(agent, 'action.decide', lost.payload), 'content.missing');
  forget(agent, lost.digest);
  agent.node.savePayload(saltedText('5a'.repeat(16), 'hello'));
  assert.equal(refusal(agent, 'action.decide', lost.payload), 'content.forgotten');
});

test('what was forgotten is forgotten once, and can no longer be held', () => {
  const agent = typist();
  forget(agent, some);
  const head = agent.node.head<ForgottenHead>(contentKeys.forgotten(some));
  assert.equal(head?.seq, String(agent.node.texts.length - 2));
  assert.equal(refusal(agent, 'content/forget', forgetting(some, other)), 'content.forgotten');
  assert.equal(refusal(agent, 'content/forget', forgetting(other, other)), 'content.named_twice');
  const hold = { digests: [some], matter: 'case' };
  assert.equal(refusal(agent, 'content/hold', hold), 'content.forgotten');
  assert.equal(refusal(agent, 'content/forget', forgetting(other)), 'admitted');
});

test('a hold refuses forgetting until every matter has released it', () => {
  const agent = typist();
  const { node } = agent;
  const seal = (operation: string, matter: string) =>
    node.seal(node.propose(operation, { digests: [some], matter }));
  seal('content/hold', 'b');
  seal('content/hold', 'a');
  const { matters } = node.head<HoldHead>(contentKeys.hold(some)) ?? {};
  assert.deepEqual(matters, ['a', 'b']);
  assert.equal(refusal(agent, 'content/hold', { digests: [some], matter: 'a' }), 'content.held');
  assert.equal(refusal(agent, 'content/forget', forgetting(other, some)), 'content.held');
  seal('content/release', 'a');
  assert.equal(refusal(agent, 'content/forget', forgetting(some)), 'content.held');
  const again = { digests: [some], matter: 'a' };
  assert.equal(refusal(agent, 'content/release', again), 'content.not_held');
  seal('content/release', 'b');
  assert.equal(node.head(contentKeys.hold(some)), undefined);
  assert.equal(refusal(agent, 'content/forget', forgetting(some)), 'admitted');
});

test('a retention rule forgets no earlier than it promised, in Chain Time', () => {
  const agent = typist();
  const due = String(agent.node.chainTime + 1_000n);
  const payload = { ...forgetting(some), authority: 'retention', due };
  assert.equal(refusal(agent, 'content/forget', payload), 'content.not_due');
  agent.node.tick(1_000n);
  assert.equal(refusal(agent, 'content/forget', payload), 'admitted');
});

test('256 contents fit one entry, forgotten as well as held', () => {
  const agent = typist();
  const digests = Array.from({ length: 256 }, (_, at) => digestBytes(`content ${at}`));
  const matter = 'm'.repeat(256);
  assert.equal(refusal(agent, 'content/hold', { digests, matter }), 'admitted');
  const reason = 'r'.repeat(256);
  assert.equal(refusal(agent, 'content/forget', { ...forgetting(...digests), reason }), 'admitted');
});

test('a reference is found and revealed wherever it stands, and nothing else is one', () => {
  const reference = { $payload: some, bytes: 4 };
  const nested = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(reference),
      fc.constantFrom(null, true, 1.5, '', 'text'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(nested, (value) => {
      const isThere = JSON.stringify(value).includes(some);
      assert.deepEqual(contentsIn(value), isThere ? [some] : []);
      const shown = JSON.stringify(revealed(value, () => 'text'));
      assert.equal(shown.includes(some), false);
      assert.deepEqual(
        revealed(value, () => undefined),
        value,
      );
    }),
  );
  assert.equal(referenceIn({ $payload: 'sha256:short', bytes: 1 }), undefined);
  assert.equal(referenceIn(Object.create(reference)), undefined);
});

test('a salt goes before the text and comes off again, and without one there is no text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(unsaltedText(saltedText('0f'.repeat(16), text)), text);
    }),
  );
  assert.equal(unsaltedText('not salted'), undefined);
  assert.notEqual(
    hashOf(saltedText('00'.repeat(16), 'yes')),
    hashOf(saltedText('01'.repeat(16), 'yes')),
  );
});
