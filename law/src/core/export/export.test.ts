import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { formatNote, parseNote } from '@ioi/crypto';
import * as fc from 'fast-check';
import { richLog, smallLog, type TestAgent } from '../../testing/index.ts';
import { formatHeader, formatPayload } from './header.ts';
import { type ExportPart, readExport } from './read-export.ts';
import { writeExport } from './write-export.ts';

function parts(text: string): ExportPart[] {
  return [...readExport([encodeUtf8(text)])];
}

/** The code a file is refused with, and on which line. */
function refusal(text: string): string {
  const last = parts(text).at(-1);
  return last?.kind === 'refused' ? `${last.value.code} ${last.line}` : 'read';
}

const entry = '{}';
const payload = formatPayload({ digest: digestBytes('text'), text: 'text' });
const header = formatHeader({ note: 'n', payloads: 1, entries: 2 });
const whole = `${header}\n${payload}\n${entry}\n${entry}\n`;

async function sourceOf({ node }: TestAgent) {
  const lookup = (digest: string) => node.payloads.get(digest);
  const isForgotten = () => false;
  return { note: await node.note(), entries: node.texts, payload: lookup, isForgotten };
}

test('what is written reads back: header, payloads, entries, in that order', async () => {
  const agent = richLog();
  const source = await sourceOf(agent);
  const lines = writeExport(source);
  assert.ok(lines.ok);
  const [first, ...rest] = parts(`${lines.value.join('\n')}\n`);
  const entries = agent.node.texts.length;
  assert.deepEqual(first, {
    kind: 'header',
    line: 1,
    value: { note: source.note, payloads: 2, entries },
  });
  assert.deepEqual(
    rest.map((part) => part.kind),
    ['payload', 'payload', ...agent.node.texts.map(() => 'entry')],
  );
  assert.deepEqual(
    rest.flatMap((part) => (part.kind === 'entry' ? [part.value] : [])),
    agent.node.texts.map(encodeUtf8),
  );
  assert.deepEqual(
    rest.map((part) => part.line),
    rest.map((_, index) => index + 2),
  );
});

test('payloads are those of entries with effect, in order of first reference', async () => {
  const agent = smallLog();
  const first = [...agent.node.payloads.keys()];
  agent.node.savePayload('nobody refers to this');
  const never = agent.activation({ policy_id: 'never', defaults: 'deny_all', rules: [] });
  agent.node.crash([agent.node.propose('policy.activate', never, 'guardian')], false);
  agent.node.payloads.delete(never.envelope.policy_hash);
  agent.node.recover();
  const lines = writeExport(await sourceOf(agent));
  assert.ok(lines.ok);
  const digests = parts(`${lines.value.join('\n')}\n`).flatMap((part) =>
    part.kind === 'payload' ? [part.value.digest] : [],
  );
  assert.deepEqual(digests, first);
});

test('a log that is not whole is not exported', async () => {
  const agent = smallLog();
  const source = await sourceOf(agent);
  const refused = (change: Partial<typeof source>) => {
    const lines = writeExport({ ...source, ...change });
    return lines.ok ? 'written' : lines.error.code;
  };
  const note = parseNote(source.note);
  assert.ok(note.ok);
  const half = formatNote({ ...note.value, signatures: note.value.signatures.slice(0, 1) });
  assert.equal(refused({}), 'written');
  assert.equal(refused({ note: half }), 'export.not_cosigned');
  assert.equal(refused({ note: 'none' }), 'export.not_cosigned');
  assert.equal(refused({ entries: source.entries.slice(0, -1) }), 'export.size_mismatch');
  assert.equal(refused({ payload: () => undefined }), 'payload.missing');
  const [last, ...others] = source.entries.toReversed();
  assert.ok(last);
  assert.equal(refused({ entries: [last, ...others] }), 'log.bad_commit');
  assert.equal(refused({ entries: source.entries.with(1, ' ') }), 'entry.not_canonical');
});

test('what was forgotten stands as that, and what is only missing is not exported', async () => {
  const agent = smallLog();
  const source = await sourceOf(agent);
  const [digest] = [...agent.node.payloads.keys()];
  assert.ok(digest);
  const gone = writeExport({ ...source, payload: () => undefined, isForgotten: () => true });
  assert.ok(gone.ok);
  const [, line] = gone.value;
  assert.equal(line, `{"digest":"${digest}","forgotten":true}`);
  const read = parts(`${gone.value.join('\n')}\n`).find((part) => part.kind === 'payload');
  assert.deepEqual(read?.value, { digest, forgotten: true });
  const odd = whole.replace('"text":"text"', '"forgotten":false');
  assert.equal(refusal(odd), 'export.malformed 2');
  const both = whole.replace('"text":"text"', '"forgotten":true,"text":"text"');
  assert.equal(refusal(both), 'export.not_canonical 2');
});

test('a file that ends early or late is refused', () => {
  assert.equal(refusal(whole), 'read');
  assert.equal(refusal(''), 'export.truncated 1');
  assert.equal(refusal(whole.slice(0, -1)), 'export.truncated 4');
  assert.equal(refusal(`${header}\n${payload}\n${entry}\n`), 'export.truncated 4');
  assert.equal(refusal(`${whole}\n`), 'export.trailing 5');
  assert.equal(refusal(`${whole}x`), 'export.trailing 5');
  assert.equal(refusal(`${whole}${entry}\n`), 'export.trailing 5');
});

test('the header has one spelling and no member but its own', () => {
  const body = `${payload}\n${entry}\n${entry}\n`;
  const refused = (line: string) => refusal(`${line}\n${body}`);
  const members = JSON.parse(header) as Record<string, unknown>;
  const sorted = (changed: Record<string, unknown>) =>
    JSON.stringify(Object.fromEntries(Object.entries(changed).sort()));
  assert.equal(refused(sorted(members)), 'read');
  assert.equal(refused(sorted({ ...members, more: 1 })), 'export.not_canonical 1');
  assert.equal(refused(`${header} `), 'export.not_canonical 1');
  assert.equal(refused(`${header}\r`), 'export.not_canonical 1');
  assert.equal(refused(header.replace('"n"', '"\\u006e"')), 'export.not_canonical 1');
  assert.equal(refused(header.replace('2', '2.0')), 'export.not_canonical 1');
  for (const format of ['ioi-export/2', undefined]) {
    assert.equal(refused(sorted({ ...members, format })), 'export.malformed 1');
  }
  for (const count of [-1, 0.5, '1', null]) {
    assert.equal(refused(sorted({ ...members, entries: count })), 'export.malformed 1');
    assert.equal(refused(sorted({ ...members, payloads: count })), 'export.malformed 1');
  }
  assert.equal(refused('[]'), 'export.malformed 1');
  assert.equal(refused('null'), 'export.malformed 1');
  assert.equal(refused(`${header.slice(0, -1)},"note":"n"}`), 'export.malformed 1');
  assert.equal(refused('x'.repeat(2 * 1024 * 1024)), 'export.malformed 1');
});

test('a payload has one spelling and the digest it names', () => {
  const refused = (line: string) => refusal(`${header}\n${line}\n${entry}\n${entry}\n`);
  assert.equal(refused(payload.replace('"text":"text"', '"text":"test"')), 'payload.digest 2');
  assert.equal(
    refused(payload.replace('"text":"text"', '"text":"te\\u0078t"')),
    'export.not_canonical 2',
  );
  assert.equal(refused(`${payload.slice(0, -1)},"x":1}`), 'export.not_canonical 2');
  assert.equal(refused('{"digest":"sha256:00","text":""}'), 'export.malformed 2');
  assert.equal(refused(payload.replace('"text":"text"', '"text":1')), 'export.malformed 2');
  assert.equal(refused(entry), 'export.malformed 2');
});

test('an entry line is no longer than an entry may be', () => {
  const long = `${header}\n${payload}\n${entry}\n${'x'.repeat(65_536)}\n`;
  assert.equal(refusal(long), 'export.malformed 4');
});

test('reading is total: any bytes give parts, and the source is let go', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string().map(encodeUtf8));
  const start = fc.constantFrom('', `${header}\n`, `${header}\n${payload}\n`);
  fc.assert(
    fc.property(start, bytes, (known, rest) => {
      let isOpen = true;
      function* source(): Generator<Uint8Array> {
        try {
          yield encodeUtf8(known);
          yield rest;
        } finally {
          isOpen = false;
        }
      }
      const read = [...readExport(source())];
      assert.ok(read.length > 0);
      assert.equal(isOpen, false);
    }),
  );
});
