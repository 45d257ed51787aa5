import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Asked,
  notesPolicy,
  readEntry,
  scopedWrite,
  TestAgent,
  TestNode,
  TestOwner,
} from '@ioi/law/testing';
import { type LooseEntry, verdict, verdictOnForged, verifyText } from '../testing/index.ts';

// In all of these the guardian signed: what is wrong only shows when the log is decided again.

const node = new TestNode();
const agent = new TestAgent(node);
const owner = new TestOwner(node);
agent.begin(notesPolicy);
owner.begin();
const manager = owner.certify('manager');
const once = { constraints: { expires_at: owner.later(), max_calls: '1' } };
const grantId = owner.give({ ...once, certificate_id: manager }, owner.keyOf('manager'));
const otherId = owner.give({ subject_id: 'agent://test/other' });
const act = writing();
agent.decide(act);
agent.decide(writing());
owner.do('certificate.revoke', owner.endCertificate(manager));

function writing(): Asked {
  const request = agent.request('fs::write', { path: '/notes/a', content: 'x' });
  const asked = agent.ask(request, scopedWrite, { target_exists: false });
  return { request, payload: { ...asked.payload, authority_grant_id: grantId } };
}

const decisions = node.texts.flatMap((text, at) => {
  return readEntry(text).entry.operation === 'boundary/action.decide' ? [at] : [];
});

test('a log with grants and certificates verifies', async () => {
  assert.equal(verdict(verifyText(await node.export())), 'ok');
});

test('no act is replayed under a grant that did not cover it', async () => {
  const [first = 0, second = 0] = decisions;
  const forged: ((all: LooseEntry[]) => void)[] = [
    (all) => {
      Object.assign((all[first] as LooseEntry).payload, { authority_grant_id: otherId });
    },
    (all) => {
      delete (all[first] as LooseEntry).payload['authority_grant_id'];
    },
    (all) => {
      (all[second] as LooseEntry).events = (all[first] as LooseEntry).events;
    },
  ];
  for (const edit of forged) {
    assert.notEqual(await verdictOnForged(node, (all) => edit(all as LooseEntry[])), 'ok');
  }
});
