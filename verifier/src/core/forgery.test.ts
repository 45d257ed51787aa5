import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '@ioi/canon';
import {
  hashOf,
  notesPolicy,
  readEntry,
  richLog,
  smallLog,
  TestAgent,
  TestNode,
} from '@ioi/law/testing';
import type { LogEntry } from '@ioi/protocol';
import * as fc from 'fast-check';
import { type LooseEntry, verdict, verdictOnForged, verifyText } from '../testing/index.ts';

// In all of these the guardian signed: what is wrong only shows when the log is decided again.

const agent = richLog();
const { node } = agent;
const entries = node.texts.map((text) => readEntry(text).entry);

type Where = (entry: LogEntry) => boolean;
const operation =
  (name: string, index = 0): Where =>
  (entry) =>
    entries.filter((each) => each.operation === name).indexOf(entry) === index;

function seqOf(where: Where): number {
  const found = entries.findIndex(where);
  assert.ok(found >= 0);
  return found;
}

/** The verdict when one entry is changed, and the code it must be, at that entry. */
async function changed(
  where: Where,
  expected: string,
  edit: (entry: LooseEntry) => void,
): Promise<void> {
  const at = seqOf(where);
  const outcome = await verdictOnForged(node, (all) => edit(all[at] as LooseEntry));
  assert.equal(outcome, `${expected} @${at}`);
}

const receiptOf = (entry: LooseEntry) =>
  entry.events.find((event) => event['type'] === 'receipt.emitted') as unknown as {
    receipt: { demo: boolean; body: Record<string, unknown> };
  };

const blocked: Where = (entry) => JSON.stringify(entry.events).includes('policy.default_deny');
const approved: Where = (entry) => entry.events.some(({ type }) => type === 'approval.consumed');

test('a verdict that the policy does not give is not reproduced', async () => {
  await changed(blocked, 'replay.refused', (entry) => {
    Object.assign(entry.payload, { verdict: 'ALLOW' });
    receiptOf(entry).receipt.body['verdict'] = { kind: 'Allow' };
  });
  await changed(blocked, 'replay.differs', (entry) => {
    receiptOf(entry).receipt.body['verdict'] = { kind: 'Allow' };
  });
});

test('facts, contract and request are what the decision was made on', async () => {
  const decided = operation('boundary/action.decide');
  await changed(decided, 'replay.refused', (entry) => {
    Object.assign(entry.payload, { facts: { target_exists: true } });
  });
  await changed(decided, 'replay.refused', (entry) => {
    Object.assign(entry.payload, { contract_hash: hashOf('none') });
  });
  await changed(decided, 'replay.differs', (entry) => {
    Object.assign(entry.payload['request'] as unknown as object, { nonce: '99' });
  });
});

test('an approval nobody gave, or gave for something else, approves nothing', async () => {
  const stranger = new TestAgent(new TestNode({ seed: 'stranger' }));
  const decided: Where = (entry) => approved(entry) && entry.operation.endsWith('action.decide');
  const other = agent.write('/notes/other');
  const tokenIn = (entry: LooseEntry) => entry.payload as unknown as { token: object };
  const [decision] = entries.slice(seqOf(decided));
  assert.ok(decision);
  const { request } = decision.payload as unknown as typeof other.payload;
  const tokens = [
    stranger.token(request),
    { ...agent.token(request), audience: hashOf('other') },
    agent.token(other.request),
  ];
  for (const token of tokens) {
    await changed(decided, 'replay.refused', (entry) => {
      tokenIn(entry).token = token;
    });
  }
});

test('an approval is not used twice', async () => {
  const small = smallLog();
  const [first, second] = [1, 2].map(() => small.write('/notes/a', { target_exists: true }));
  assert.ok(first && second);
  for (const asked of [first, second]) small.decide(asked);
  const token = small.token(first.request);
  small.decide({ ...first, payload: { ...first.payload, token } });
  small.approve(second);
  const at = small.node.texts.length - 2;
  const outcome = await verdictOnForged(small.node, (all) => {
    Object.assign((all[at] as LooseEntry).payload, { token });
  });
  assert.equal(outcome, `replay.refused @${at}`);
});

test('an unknown member, or an operation nobody decides, is not admitted', async () => {
  const decided = operation('boundary/action.decide');
  await changed(decided, 'replay.refused', (entry) => {
    Object.assign(entry.payload, { more: 1 });
  });
  await changed(decided, 'log.entry_invalid', (entry) => {
    Object.assign(entry, { more: 1 });
  });
  for (const name of ['boundary/constructor', 'boundary/to_string', 'other/genesis']) {
    await changed(decided, 'replay.refused', (entry) => {
      entry.operation = name;
    });
  }
});

test('events, receipts and their envelopes are those the operation warrants', async () => {
  const receipted = operation('boundary/action.receipt');
  const edits: ((entry: LooseEntry) => void)[] = [
    (entry) => entry.events.splice(0),
    (entry) => entry.events.push(...structuredClone(entry.events)),
    (entry) => {
      receiptOf(entry).receipt.body['satisfied'] = false;
    },
    (entry) => {
      receiptOf(entry).receipt.demo = false;
    },
    (entry) => {
      entry.module_hash = hashOf('another module');
    },
  ];
  const expected = ['replay.differs', 'receipt.chain_broken', ...Array(3).fill('replay.differs')];
  for (const [index, edit] of edits.entries()) await changed(receipted, expected[index], edit);
});

test('a receipt continues the chain at its own place', async () => {
  const receipted = operation('boundary/action.receipt');
  await changed(receipted, 'receipt.chain_broken', (entry) => {
    receiptOf(entry).receipt.body['prev_receipt_hash'] = hashOf('other');
  });
  await changed(receipted, 'receipt.chain_broken', (entry) => {
    receiptOf(entry).receipt.body['seq'] = '1';
  });
});

test('entries are authenticated by whom they may be', async () => {
  const signature = {
    kind: 'signature',
    signature: agent.token(agent.write('/x').request).user_sig,
  };
  await changed(operation('boundary/action.decide'), 'entry.not_authentic', (entry) => {
    entry.authenticated_by = signature as LogEntry['authenticated_by'];
  });
  await changed(operation('boundary/action.decide'), 'entry.not_authentic', (entry) => {
    entry.authenticated_by = { kind: 'guardian' };
  });
  await changed(operation('boundary/clock.resync'), 'entry.not_authentic', (entry) => {
    entry.authenticated_by = { kind: 'channel' };
  });
  await changed(operation('domain/commit'), 'entry.not_authentic', (entry) => {
    entry.authenticated_by = { kind: 'guardian' };
  });
});

test('a commit stands where its writer put it', async () => {
  const commit = operation('domain/commit', 3);
  const summary = (entry: LooseEntry) => entry.payload as Record<string, unknown>;
  await changed(commit, 'commit.wrong_stamp', (entry) => {
    entry.height = '9';
  });
  await changed(commit, 'commit.wrong_stamp', (entry) => {
    summary(entry)['epoch'] = '1';
  });
  await changed(commit, 'commit.malformed', (entry) => {
    summary(entry)['first_seq'] = '0';
  });
  await changed(commit, 'commit.malformed', (entry) => {
    summary(entry)['first_seq'] = entry.seq;
  });
  await changed(commit, 'commit.malformed', (entry) => {
    entry.events.push({});
  });
  await changed(commit, 'commit.malformed', (entry) => {
    entry.module_hash = hashOf('other');
  });
  await changed(commit, 'state.root_mismatch', (entry) => {
    summary(entry)['state_root'] = hashOf('other');
  });
  await changed(operation('boundary/action.decide'), 'commit.wrong_stamp', (entry) => {
    entry.height = '9';
  });
  await changed(operation('boundary/action.decide'), 'log.wrong_seq', (entry) => {
    entry.seq = '9';
  });
});

test('only a recovery voids, and only operations of its own commit', async () => {
  const commit = operation('domain/commit', 3);
  const recovery: Where = (entry) => entry.payload['recovered'] === true;
  const at = seqOf(recovery);
  const before = entries[at - 1];
  assert.equal(before?.operation, 'domain/commit');
  const voiding = (entry: LooseEntry, ...seqs: number[]) => {
    const voided = seqs.map((seq) => ({ seq: String(seq), code: 'stale' }));
    Object.assign(entry.payload, { voided });
  };
  const code = 'commit.wrongly_voided';
  await changed(commit, code, (entry) => voiding(entry, Number(entry.seq) - 1));
  await changed(recovery, code, (entry) => voiding(entry, 0));
  await changed(recovery, code, (entry) => voiding(entry, at - 3, at - 3));
  await changed(recovery, code, (entry) => voiding(entry, at - 2, at - 3));
  await changed(recovery, code, (entry) => voiding(entry, at - 3, at - 1));
  await changed(recovery, code, (entry) => voiding(entry, at));
  await changed(recovery, 'commit.wrong_time', (entry) => voiding(entry, at - 3, at - 2));
  await changed(recovery, 'state.root_mismatch', (entry) => {
    voiding(entry, at - 3, at - 2);
    entry.chain_time = entries[at - 4]?.chain_time ?? '';
  });
  await changed(recovery, 'commit.malformed', (entry) => {
    Object.assign(entry.payload, { recovered: false });
  });
});

test('a log whose genesis is voided belongs to nobody', async () => {
  const bare = new TestNode();
  const outcome = await verdictOnForged(bare, ([, commit]) => {
    Object.assign(commit?.payload ?? {}, {
      recovered: true,
      voided: [{ seq: '0', code: 'stale' }],
    });
    Object.assign(commit ?? {}, { chain_time: '0' });
  });
  assert.equal(outcome, 'genesis.missing @1');
});

test('Chain Time never goes back and is one a commit', async () => {
  const small = smallLog();
  small.node.chainTime -= 1n;
  small.refuse();
  const at = small.node.texts.length - 2;
  assert.equal(verdict(verifyText(await small.node.export())), `commit.wrong_time @${at}`);
  const decided = operation('boundary/action.decide', 4);
  await changed(decided, 'commit.wrong_time', (entry) => {
    entry.chain_time = String(BigInt(entry.chain_time) + 1n);
  });
  const outcome = await verdictOnForged(node, (all) => {
    const commit = all[seqOf(operation('domain/commit', 5))];
    assert.ok(commit);
    commit.chain_time = String(BigInt(commit.chain_time) + 1n);
  });
  assert.match(outcome, /^commit\.wrong_time @/);
});

test('the clock is moved from where it stood', async () => {
  const small = smallLog();
  const from = small.node.chainTime;
  small.node.tick(5n);
  const payload = { from: String(from - 1n), to: String(from + 5n) };
  small.node.seal(small.node.propose('clock.resync', payload, 'guardian'));
  const at = small.node.texts.length - 2;
  assert.equal(verdict(verifyText(await small.node.export())), `commit.wrong_time @${at}`);
});

test('an effect is recorded only after the seal of its commit', async () => {
  const small = smallLog();
  const asked = small.write('/notes/x');
  const decision = small.node.propose('action.decide', asked.payload);
  const trial = smallLog();
  trial.write('/notes/x');
  trial.decide(asked);
  const execution = small.node.propose('action.receipt', trial.execution(asked));
  small.node.seal(decision, execution);
  const at = small.node.texts.length - 2;
  const outcome = verdict(verifyText(await small.node.export()));
  assert.equal(outcome, `action.effect_before_seal @${at}`);
});

test('an action that only a recovery sealed was started by nobody', async () => {
  const outcome = async (
    record: (small: TestAgent, asked: ReturnType<TestAgent['write']>) => void,
  ) => {
    const small = smallLog();
    const asked = small.write('/notes/x');
    small.node.crash([small.node.propose('action.decide', asked.payload)]);
    small.node.recover();
    record(small, asked);
    return verdict(verifyText(await small.node.export())).split(' ')[0];
  };
  assert.equal(await outcome((small, asked) => small.complete(asked)), 'action.recovered_effect');
  const reconciled = await outcome((small, asked) => {
    small.lose(asked);
    small.reconcile(asked);
  });
  assert.equal(reconciled, 'ok');
});

test('genesis is of the node its keys make, folded by modules known here', async () => {
  const other = new TestNode({ seed: 'other' }).genesis;
  const edits: [string, (genesis: Record<string, unknown>) => void][] = [
    ['genesis.wrong_node', (genesis) => Object.assign(genesis, { owner_key: other.owner_key })],
    ['genesis.wrong_node', (genesis) => Object.assign(genesis, { node_id: other.node_id })],
    ['genesis.wrong_node', (genesis) => Object.assign(genesis, { origin: other.origin })],
    ['genesis.missing', (genesis) => Object.assign(genesis, { more: 1 })],
    [
      'genesis.unknown_module',
      (genesis) =>
        Object.assign(genesis, {
          modules: other.modules.map((each) => ({ ...each, module_hash: hashOf('x') })),
        }),
    ],
    [
      'genesis.unknown_module',
      (genesis) => Object.assign(genesis, { modules: [...other.modules, ...other.modules] }),
    ],
  ];
  for (const [code, edit] of edits) {
    await changed(operation('boundary/genesis'), code, (entry) => edit(entry.payload));
  }
  await changed(operation('boundary/genesis'), 'genesis.missing', (entry) => {
    entry.operation = 'boundary/action.refuse';
  });
});

test('however a sealed entry is changed, replay refuses and does not throw', async () => {
  const small = smallLog();
  const paths = small.node.texts.flatMap((text, seq) =>
    pathsIn(readEntry(text).entry).map((path) => [seq, path] as const),
  );
  const anyJson = fc.jsonValue().filter((value) => canonicalJson(value).ok);
  const anyValue = fc.oneof(anyJson, fc.constantFrom('', '0', 0, null, [], {}, true));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), anyValue, async ([seq, path], value) => {
      let isSame = false;
      const outcome = await verdictOnForged(small.node, (all) => {
        const entry = all[seq];
        const before = JSON.stringify(entry);
        replaceAt(entry, path, value);
        isSame = JSON.stringify(entry) === before;
      });
      // Nothing follows from an operation's name; a commit nothing started from may be a recovery.
      const name = path.join('/');
      const isNamed = name === 'operation_id' && /^op_[0-9a-f]{32}$/.test(String(value));
      if (name === 'payload/recovered' && value === true) return;
      assert.equal(outcome === 'ok', isSame || isNamed, `${seq} ${path.join('/')}`);
    }),
    { numRuns: 150 },
  );
});

/** Every member of a value, by its path. */
function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [name],
    ...pathsIn(member).map((rest) => [name, ...rest]),
  ]);
}

function replaceAt(value: unknown, path: readonly string[], replacement: unknown): void {
  const [name = '', ...rest] = path;
  const members = value as Record<string, unknown>;
  if (rest.length === 0) members[name] = replacement;
  else replaceAt(members[name], rest, replacement);
}

test('what the policy says is part of what is replayed', async () => {
  const small = smallLog();
  const other = JSON.stringify({ ...notesPolicy, rules: [] });
  const outcome = verdict(verifyText(await small.node.forge(small.node.texts, [other])));
  assert.match(outcome, /^payload\.missing @/);
});
