import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNote, parseNote } from '@ioi/crypto';
import { formatHeader } from '@ioi/law';
import {
  govern,
  hashOf,
  notesPolicy,
  richLog,
  smallLog,
  TestAgent,
  TestNode,
  textOf,
} from '@ioi/law/testing';
import type { LogEntry } from '@ioi/protocol';
import * as fc from 'fast-check';
import { verdict, verifyText } from '../testing/index.ts';
import { findingCodes } from './codes.ts';
import { verify } from './verify.ts';

const agent = richLog();
const { node } = agent;
const file = await node.export();
const encoder = new TextEncoder();

/** The same file with another note in its header. */
function withNote(change: (note: string) => string): string {
  const [first = '', ...rest] = file.split('\n');
  const header = JSON.parse(first) as { note: string; payloads: number; entries: number };
  return [formatHeader({ ...header, note: change(header.note) }), ...rest].join('\n');
}

test('a log of before a module came verifies, with what that module did since', async () => {
  const older = async (without: readonly string[]): Promise<string> => {
    const begun = smallLog({ without });
    govern(begun);
    return verdict(verifyText(await begun.node.export()));
  };
  assert.equal(await older(['graphs', 'governance']), 'ok');
  assert.match(await older(['boundary']), /^genesis\.unknown_module/);
});

test('a log of everything verifies, and its summary counts every action once', () => {
  const report = verifyText(file);
  assert.ok(report.ok, JSON.stringify(report.findings));
  const { summary } = report;
  assert.deepEqual(summary.actions, {
    allowed: 6,
    blocked: 2,
    approved: 1,
    pending: 1,
    denied: 1,
    refused: 1,
  });
  assert.deepEqual(summary.executions, {
    completed: 3,
    failed_before_effect: 2,
    effect_unknown: 0,
    contract_violations: 1,
  });
  assert.deepEqual(
    [summary.node_id, summary.demo, summary.entries, summary.commits],
    [node.genesis.node_id, true, node.texts.length, 26],
  );
  assert.deepEqual(
    summary.policies.map(({ policy_id, version }) => [policy_id, version]),
    [
      ['notes', '1'],
      ['drafts', '2'],
    ],
  );
  assert.deepEqual(summary.tiers, ['advisory', 'mediated']);
  assert.equal(summary.open.length, 1);
});

test('receipts of governance are counted by type, and commitments', async () => {
  const report = verifyText(await govern(smallLog()).node.export());
  assert.ok(report.ok, JSON.stringify(report.findings));
  assert.deepEqual(report.summary.receipts, {
    policy: 3,
    tool_execution: 2,
    module_invocation: 1,
    upgrade: 8,
    mutation: 5,
    settlement: 1,
    session: 2,
  });
  assert.equal(report.summary.commitments, 1);
  assert.deepEqual([report.summary.actions.allowed, report.summary.tiers], [2, ['mediated']]);
});

test('an action without a receipt may have happened, and is listed', () => {
  const small = smallLog();
  const [asked, lost] = [small.write('/notes/x'), small.write('/notes/y')];
  for (const each of [asked, lost]) small.decide(each);
  small.lose(lost);
  return small.node.export().then((text) => {
    const report = verifyText(text);
    assert.ok(report.ok);
    const open = [asked, lost].map(({ request }) => hashOf(request));
    assert.deepEqual(new Set(report.summary.open), new Set(open));
    assert.equal(report.summary.executions.effect_unknown, 1);
  });
});

test('a report does not depend on how the bytes arrive', () => {
  const bytes = encoder.encode(file);
  const expected = verify([bytes]);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = places.map((from, index) => bytes.slice(from, places[index + 1] ?? from));
      assert.deepEqual(verify(chunks), expected);
    }),
    { numRuns: 5 },
  );
});

test('a remembered checkpoint must be continued by the log', async () => {
  const grown = smallLog();
  const early = await grown.node.export();
  const remembered = await grown.node.note();
  const textOnly = remembered.split('\n').slice(0, 3).join('\n');
  grown.decide(grown.write('/notes/more'));
  const late = await grown.node.export();
  for (const expect of [remembered, textOnly, `${textOnly}\n`]) {
    assert.equal(verdict(verifyText(early, { expect })), 'ok');
    assert.equal(verdict(verifyText(late, { expect })), 'ok');
  }
  const expect = await grown.node.note();
  assert.equal(verdict(verifyText(late, { expect })), 'ok');
  assert.equal(verdict(verifyText(early, { expect })), 'expect.older_export');
});

test('a second history under the same keys is refused by whoever remembers the first', async () => {
  const [first, second] = [smallLog(), smallLog()];
  first.decide(first.write('/notes/one'));
  second.decide(second.write('/notes/two'));
  const last = `@${second.node.texts.length - 1}`;
  const forked = await second.node.export();
  const expect = await first.node.note();
  assert.equal(verdict(verifyText(forked)), 'ok');
  assert.equal(verdict(verifyText(forked, { expect })), `expect.fork ${last}`);
  const unsigned = expect.split('\n').slice(0, 3).join('\n');
  assert.equal(verdict(verifyText(forked, { expect: unsigned })), `expect.fork ${last}`);
});

test('what is remembered must itself be a checkpoint of this log', async () => {
  const note = await node.note();
  const other = await new TestNode({ seed: 'other' }).note();
  const [origin = '', size = '', root = ''] = note.split('\n');
  const outcome = (expect: string) => verdict(verifyText(file, { expect }));
  assert.equal(outcome(other), 'expect.other_log');
  assert.equal(outcome('nothing'), 'expect.malformed');
  assert.equal(outcome(''), 'expect.malformed');
  assert.equal(outcome(`${origin}\n0\n${root}\n`), 'expect.malformed');
  assert.equal(outcome(note.replace(`\n${size}\n`, '\n1\n')), 'expect.bad_signature');
  const parsed = parseNote(note);
  assert.ok(parsed.ok);
  const provisional = parsed.value.signatures.slice(0, 1);
  assert.equal(outcome(formatNote({ ...parsed.value, signatures: provisional })), 'ok');
  const strangers = parseNote(other);
  assert.ok(strangers.ok);
  const { signatures } = strangers.value;
  const unknown = formatNote({ ...parsed.value, signatures });
  assert.equal(outcome(unknown), 'expect.bad_signature');
});

test('a pinned node is the only one that may speak', async () => {
  const nodeId = node.genesis.node_id;
  assert.equal(verdict(verifyText(file, { nodeId })), 'ok');
  const stranger = await smallLog({ seed: 'stranger' }).node.export();
  assert.equal(verdict(verifyText(stranger)), 'ok');
  assert.equal(verdict(verifyText(stranger, { nodeId })), 'genesis.unexpected_node @0');
});

test('a disabled algorithm proves nothing, alone or as half of another', () => {
  for (const id of ['ed25519', 'ml-dsa-44', 'hybrid-ed25519-ml-dsa-44'] as const) {
    assert.equal(verdict(verifyText(file, { disabled: [id] })), 'algorithm.disabled @0');
  }
});

test('the note needs both signatures, in order, and nothing more', async () => {
  const stranger = parseNote(await new TestNode({ seed: 'stranger' }).note());
  assert.ok(stranger.ok);
  const foreign = stranger.value.signatures;
  const signed = (pick: (lines: typeof foreign) => (typeof foreign)[number][]) =>
    withNote((text) => {
      const note = parseNote(text);
      assert.ok(note.ok);
      return formatNote({ ...note.value, signatures: pick(note.value.signatures) });
    });
  const outcome = (text: string) => verdict(verifyText(text));
  assert.equal(outcome(signed((lines) => [...lines])), 'ok');
  assert.equal(outcome(signed((lines) => lines.slice(0, 1))), 'note.missing_cosignature');
  assert.equal(outcome(signed((lines) => lines.slice(1))), 'note.missing_cosignature');
  assert.equal(outcome(signed((lines) => lines.toReversed())), 'note.malformed');
  assert.equal(outcome(signed((lines) => [...lines, ...foreign])), 'note.malformed');
  assert.equal(outcome(signed((lines) => [...lines, ...lines])), 'note.malformed');
  assert.equal(outcome(signed(() => [...foreign])), 'note.bad_signature');
  assert.equal(outcome(withNote(() => 'no note')), 'note.malformed');
});

test('a log cut at a commit needs a checkpoint of its own', async () => {
  const earlier = node.texts.slice(0, 7);
  const payloads = [...node.payloads.values()].slice(0, 1);
  assert.equal(verdict(verifyText(await node.forge(earlier, payloads))), 'ok');
  const lines = file.split('\n');
  const [first = ''] = lines;
  const header = JSON.parse(first) as { note: string; payloads: number; entries: number };
  const shorter = [formatHeader({ ...header, entries: 7 }), ...lines.slice(1, 10), ''];
  assert.equal(verdict(verifyText(shorter.join('\n'))), 'log.size_mismatch');
});

test('a changed entry is reported as not what was signed, then where', () => {
  const lines = file.split('\n');
  const at = lines.findIndex((line) => line.includes('/etc/passwd'));
  const [line = ''] = lines.slice(at);
  const changed = lines.with(at, line.replace('/etc/passwd', '/etc/hosts'));
  const report = verifyText(changed.join('\n'));
  assert.ok(!report.ok);
  assert.deepEqual(
    report.findings.map(({ code }) => code),
    ['log.root_mismatch', 'replay.differs'],
  );
  assert.equal(report.findings[1]?.line, at + 1);
});

test('payloads are exactly those the entries refer to', async () => {
  const [notes = '', drafts = ''] = node.payloads.values();
  const outcome = async (...payloads: string[]) =>
    verdict(verifyText(await node.forge(node.texts, payloads)));
  assert.equal(await outcome(notes, drafts), 'ok');
  assert.match(await outcome(notes), /^payload\.missing @/);
  assert.match(await outcome(drafts), /^payload\.missing @/);
  assert.match(await outcome(drafts, notes), /^payload\.misplaced @/);
  assert.equal(await outcome(notes, drafts, 'more'), 'payload.extra');
  assert.equal(await outcome(notes, drafts, notes), 'payload.extra');
  assert.match(await outcome(notes, notes, drafts), /^payload\.misplaced @/);
});

test('an empty log says nothing about anybody', async () => {
  const empty = formatHeader({ note: await node.note([]), payloads: 0, entries: 0 });
  assert.equal(verdict(verifyText(`${empty}\n`)), 'genesis.missing');
});

test('a node that only began verifies too', async () => {
  const begun = new TestNode({ demo: false });
  const report = verifyText(await begun.export());
  assert.ok(report.ok);
  assert.deepEqual([report.summary.demo, report.summary.policies], [false, []]);
});

test('whatever the bytes are, there is a report', () => {
  const lines = file.split('\n');
  const anyLine = fc.oneof(fc.constantFrom(...lines), fc.string(), fc.json());
  const anyFile = fc.tuple(fc.constantFrom(lines[0] ?? '', ''), fc.array(anyLine));
  const known = new Set<string>(findingCodes.map(({ code }) => code));
  fc.assert(
    fc.property(anyFile, fc.uint8Array(), fc.string(), ([first, rest], raw, expect) => {
      const text = encoder.encode([first, ...rest].join('\n'));
      for (const chunks of [[text], [text, raw], [raw]]) {
        const report = verify(chunks, { expect });
        assert.ok(!report.ok && known.has(report.findings[0].code));
      }
    }),
    { numRuns: 60 },
  );
});

test('two policies and a rate across windows replay to the same verdicts', async () => {
  const paying = new TestAgent(new TestNode());
  paying.begin(notesPolicy);
  for (let round = 0; round < 5; round++) {
    const asked = paying.pay('1');
    const { payload } = asked;
    const isFree = paying.node.tryAdmit(paying.node.propose('action.decide', payload)).ok;
    paying.decide({ ...asked, payload: { ...payload, verdict: isFree ? 'ALLOW' : 'BLOCK' } });
    paying.node.tick(19_000n);
  }
  const report = verifyText(await paying.node.export());
  assert.ok(report.ok);
  assert.deepEqual([report.summary.actions.allowed, report.summary.actions.blocked], [4, 1]);
});

test('what a recovery voided has no effect, whatever it says', async () => {
  const small = smallLog();
  const asked = small.write('/etc/shadow');
  const { value } = small.node.tryAdmit(small.node.propose('action.decide', asked.payload)) as {
    value: { entry: LogEntry };
  };
  const lie = textOf(value.entry).replaceAll('"Block"', '"Allow"');
  assert.notEqual(lie, textOf(value.entry));
  small.node.texts.push(lie);
  small.node.recover();
  const report = verifyText(await small.node.export());
  assert.ok(report.ok);
  assert.deepEqual([report.summary.actions.allowed, report.summary.actions.blocked], [1, 1]);
});
