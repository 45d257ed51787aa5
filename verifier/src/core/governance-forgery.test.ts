import assert from 'node:assert/strict';
import { test } from 'node:test';
import { govern, hashOf, manifestOf, readEntry, smallLog } from '@ioi/law/testing';
import { type LooseEntry, verdictOnForged } from '../testing/index.ts';

// In all of these the guardian signed: what is wrong only shows when the log is decided again.

const governor = govern(smallLog());
const { node } = governor;
const entries = node.texts.map((text) => readEntry(text).entry);

/** The verdict when the nth entry of an operation is changed, and the code it must be there. */
async function changed(
  [operation, nth]: readonly [string, number],
  expected: string,
  edit: (entry: LooseEntry) => void,
): Promise<void> {
  const places = entries.flatMap((each, seq) =>
    each.operation === `governance/${operation}` ? [seq] : [],
  );
  const at = places[nth];
  assert.ok(at !== undefined, operation);
  const outcome = await verdictOnForged(node, (all) => edit(all[at] as LooseEntry));
  assert.equal(outcome, `${expected} @${at}`, operation);
}

type Body = Record<string, unknown>;

function bodyIn(entry: LooseEntry): Body {
  const emitted = entry.events.find((event) => event['type'] === 'receipt.emitted');
  return (emitted as unknown as { receipt: { body: Body } }).receipt.body;
}

function payloadIn(entry: LooseEntry): Record<string, Record<string, unknown>> {
  return entry.payload;
}

test('receipts of governance say what was decided, byte for byte', async () => {
  const lies: readonly [readonly [string, number], string, unknown][] = [
    [['module.swap', 0], 'inclusion_result', 'unchanged'],
    [['module.swap', 1], 'token_hash', hashOf('another token')],
    [['module.finish', 0], 'receipt_hashes', []],
    [['module.finish', 0], 'status', 'Failure'],
    [['proposal.decide', 0], 'verdict', 'Rejected'],
    [['proposal.submit', 0], 'proposer', 'agent://test/other'],
    [['settlement.record', 0], 'net_amount', '1000'],
    [['session.step', 1], 'output_payload_hash', hashOf('other')],
  ];
  for (const [where, name, value] of lies) {
    await changed(where, 'replay.differs', (entry) => {
      const body = bodyIn(entry);
      assert.notDeepEqual(body[name], value);
      body[name] = value;
    });
  }
});

test('a receipt of governance continues the one chain of receipts', async () => {
  const where = [
    ['module.swap', 0],
    ['proposal.commit', 1],
    ['settlement.record', 0],
    ['session.step', 0],
  ] as const;
  for (const each of where) {
    await changed(each, 'receipt.chain_broken', (entry) => {
      bodyIn(entry)['prev_receipt_hash'] = hashOf('other');
    });
    await changed(each, 'receipt.chain_broken', (entry) => {
      bodyIn(entry)['seq'] = '1';
    });
  }
});

test('a swap that widens is not replayed without the token over exactly it', async () => {
  const wider = governor.approvedSwap(governor.swap(manifestOf('9', ['prim:sys.exec'])));
  await changed(['module.swap', 1], 'replay.refused', (entry) => {
    delete (entry.payload as Record<string, unknown>)['token'];
  });
  await changed(['module.swap', 1], 'replay.refused', (entry) => {
    Object.assign(entry.payload, { token: wider.token });
  });
  await changed(['module.swap', 1], 'replay.refused', (entry) => {
    Object.assign(entry.payload, wider);
  });
  await changed(['module.swap', 0], 'replay.refused', (entry) => {
    const { manifest } = payloadIn(entry)['swap'] as {
      manifest: { required_capabilities: string[] };
    };
    manifest.required_capabilities.push('prim:sys.exec');
  });
});

test('what the owner decided is not replayed as something else', async () => {
  await changed(['proposal.decide', 4], 'replay.refused', (entry) => {
    Object.assign(payloadIn(entry)['decision'] ?? {}, { verdict: 'approve' });
  });
  await changed(['proposal.decide', 1], 'replay.refused', (entry) => {
    delete (entry.payload as Record<string, unknown>)['request'];
  });
  await changed(['chain.create', 0], 'replay.refused', (entry) => {
    Object.assign(payloadIn(entry)['creation'] ?? {}, { policy_hash: hashOf('none') });
  });
  await changed(['chain.advance', 0], 'replay.refused', (entry) => {
    Object.assign(payloadIn(entry)['transition'] ?? {}, { state_root: hashOf('mine') });
  });
});

test('a settlement is both signatures over what moved', async () => {
  await changed(['settlement.record', 0], 'replay.refused', (entry) => {
    const { signatures } = entry.payload as unknown as { signatures: unknown[] };
    signatures[1] = structuredClone(signatures[0]);
  });
  await changed(['settlement.record', 0], 'replay.refused', (entry) => {
    const { payment } = payloadIn(entry)['settlement'] as { payment: { money: object } };
    Object.assign(payment.money, { amount: '1000' });
  });
});

test('a session commits to its own steps', async () => {
  await changed(['session.close', 0], 'replay.differs', (entry) => {
    const [closed] = entry.events as unknown as { commitment: Body }[];
    Object.assign(closed?.commitment ?? {}, { receipt_root: hashOf('other') });
  });
  await changed(['session.step', 0], 'replay.differs', (entry) => {
    Object.assign(entry.events[0] ?? {}, { leaf: hashOf('other') });
  });
  await changed(['session.step', 0], 'replay.differs', (entry) => {
    Object.assign(entry.payload, { ticket_hash: hashOf('another ticket') });
  });
});
