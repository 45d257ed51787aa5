import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, decodeBase64, encodeBase64, encodeHex, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { generateHybridKey } from '../shell/keys.ts';
import { cosignCheckpoint, cosignCheckpointEd25519, signNote } from '../shell/note-sign.ts';
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts';
import { cosignedMessage, timedText } from './cosignature.ts';
import {
  formatNoteKey,
  formatSignatures,
  type NoteKey,
  noteKeysOf,
  parseNoteKey,
  parseSignatures,
  verifyNote,
  witnessKeysOf,
} from './index.ts';
import { formatNote, NOTE_ED25519, NOTE_ML_DSA_44, noteKeyId, parseNote } from './note.ts';

// The example of C2SP signed-note, with its verifier key.
const FOO_VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const FOO_KEY = (
  decodeBase64('AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k') ?? new Uint8Array()
).slice(1);
const FOO: NoteKey = { name: 'example.com/foo', type: NOTE_ED25519, publicKey: FOO_KEY };
const EXAMPLE =
  'This is an example message.\n\n' +
  '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ON' +
  'ncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

const key = generateHybridKey({
  ed25519: new Uint8Array(32).fill(3),
  mlDsa44: new Uint8Array(32).fill(4),
});
const NAME = 'node.example/log';
const keys = noteKeysOf(key.publicKey, NAME);
ok(keys.ok);
const { ed25519, mlDsa44 } = keys.value;
const head: Checkpoint = { origin: NAME, size: 7, root: encodeBase64(new Uint8Array(32).fill(5)) };
const text = formatCheckpoint(head);
const line = signNote(key, NAME, text);
const cosignature = await cosignCheckpoint(key, NAME, head, 1679315147n);
const signed = formatNote({ text, signatures: [line, cosignature] });

function codeOf(note: string, known: readonly NoteKey[] = [ed25519, mlDsa44]): string {
  const result = verifyNote(note, known);
  return result.ok ? `${result.value.signers.length} signers` : result.error.code;
}

test('the example of the specification verifies', () => {
  equal(noteKeyId(FOO.name, FOO.type, FOO.publicKey).toString(16), '530d903a');
  equal(codeOf(EXAMPLE, [FOO]), '1 signers');
  equal(codeOf(EXAMPLE.replace('example message', 'exemple message'), [FOO]), 'note.bad_signature');
});

test('a checkpoint signed twice is vouched for by both keys', () => {
  const verified = verifyNote(signed, [ed25519, mlDsa44]);
  ok(verified.ok);
  equal(verified.value.text, text);
  deepEqual(verified.value.signers, [{ key: ed25519 }, { key: mlDsa44, timestamp: 1679315147n }]);
});

test('lines of unknown keys are passed over, and none known is none at all', () => {
  equal(codeOf(signed, [mlDsa44]), '1 signers');
  equal(codeOf(signed, []), 'note.unknown_key');
  equal(codeOf(signed, [{ ...ed25519, name: 'other.example' }]), 'note.unknown_key');
  equal(codeOf(signed, [FOO, ed25519]), '1 signers');
});

test('one wrong line of a known key refuses the whole note', () => {
  const broken = { ...line, signature: line.signature.slice().fill(0, 0, 1) };
  equal(codeOf(formatNote({ text, signatures: [broken, cosignature] })), 'note.bad_signature');
  const late = cosignature.signature.slice();
  late[7] = (late[7] ?? 0) ^ 1;
  const redated = { ...cosignature, signature: late };
  equal(codeOf(formatNote({ text, signatures: [line, redated] })), 'note.bad_signature');
});

test('any changed character of a signed note is noticed', () => {
  fc.assert(
    fc.property(
      fc.nat(signed.length - 1),
      fc.constantFrom('A', 'b', '=', '\n', ' ', '\u2014', ''),
      (at, other) => {
        const changed = signed.slice(0, at) + other + signed.slice(at + 1);
        const verified = verifyNote(changed, [ed25519, mlDsa44]);
        const isWhole = verified.ok && verified.value.signers.length === 2;
        equal(isWhole, changed === signed);
      },
    ),
    { numRuns: 300 },
  );
});

test('a cosignature covers cosigner, origin, size, root and time as C2SP lays them out', () => {
  equal(
    encodeHex(cosignedMessage('ab', { ...head, origin: 'xyz', size: 258 }, 1n)),
    encodeHex(encodeUtf8('subtree/v1\n\0')) +
      '026162' +
      '0000000000000001' +
      '0378797a' +
      '0000000000000000' +
      '0000000000000102' +
      '05'.repeat(32),
  );
  equal(cosignature.signature.length, 8 + 2420);
  equal(cosignature.keyId, noteKeyId(NAME, NOTE_ML_DSA_44, mlDsa44.publicKey));
});

test('a witness signs the whole text with the time, as C2SP lays it out', () => {
  const witness = witnessKeysOf(key.publicKey, 'witness.example/w1');
  ok(witness.ok);
  const said = 'cosignature/v1\ntime 1679315147\n';
  deepEqual(timedText(text, 1679315147n), encodeUtf8(`${said}${text}`));
  const timed = cosignCheckpointEd25519(key, 'witness.example/w1', head, 1679315147n);
  equal(timed.signature.length, 8 + 64);
  equal(new DataView(timed.signature.buffer).getBigUint64(0), 1679315147n);
  const known = [ed25519, witness.value.ed25519, witness.value.mlDsa44];
  const verified = verifyNote(formatNote({ text, signatures: [line, timed] }), known);
  ok(verified.ok);
  deepEqual(verified.value.signers, [
    { key: ed25519 },
    { key: witness.value.ed25519, timestamp: 1679315147n },
  ]);
  for (let at = 0; at < timed.signature.length; at += 1) {
    const signature = timed.signature.slice();
    signature[at] = (signature[at] ?? 0) ^ 1;
    const note = formatNote({ text, signatures: [line, { ...timed, signature }] });
    equal(codeOf(note, known), 'note.bad_signature', `byte ${at}`);
  }
  const extended = formatNote({ text: `${text}more\n`, signatures: [timed] });
  equal(codeOf(extended, known), 'note.bad_signature');
  const shown = { ...timed, keyId: line.keyId, name: NAME };
  equal(codeOf(formatNote({ text, signatures: [shown] })), 'note.bad_signature');
  throws(() => cosignCheckpointEd25519(key, NAME, head, 0n), AssertionFault);
  throws(() => cosignCheckpointEd25519(key, NAME, { ...head, size: -1 }, 1n), AssertionFault);
});

test('a key vouches once, however many lines it has', () => {
  equal(codeOf(formatNote({ text, signatures: [line, line, cosignature] })), '2 signers');
});

test('signature lines travel alone', () => {
  const lines = formatSignatures([line, cosignature]);
  deepEqual(parseSignatures(lines), { ok: true, value: [line, cosignature] });
  equal(codeOf(`${text}\n${lines}`), '2 signers');
  for (const hostile of [
    '',
    '\n',
    lines.slice(0, -1),
    `\n${lines}`,
    `${lines}\n`,
    `${text}\n${lines}`,
  ])
    equal(parseSignatures(hostile).ok, false);
  equal(parseSignatures(formatSignatures(new Array(33).fill(line))).ok, false);
});

test('a verifier key is written as C2SP has it, and read in that spelling only', () => {
  deepEqual(parseNoteKey(FOO_VKEY), { ok: true, value: FOO });
  equal(formatNoteKey(FOO), FOO_VKEY);
  const witness = witnessKeysOf(key.publicKey, 'witness.example/w1');
  ok(witness.ok);
  for (const each of [ed25519, mlDsa44, witness.value.ed25519]) {
    deepEqual(parseNoteKey(formatNoteKey(each)), { ok: true, value: each });
  }
  const zero = encodeBase64(new Uint8Array(33).fill(1, 0, 1));
  const hostile = [
    '',
    FOO_VKEY.slice(0, -1),
    `${FOO_VKEY}=`,
    FOO_VKEY.replace('530d903a', '530d903b'),
    FOO_VKEY.replace('530d903a', '530D903A'),
    FOO_VKEY.replace('example.com/foo', 'example.com/bar'),
    FOO_VKEY.replace('example.com/foo', ''),
    FOO_VKEY.replace('+Aek', '+Auk'),
    FOO_VKEY.replace('+Aek', '+Kek'),
    `${FOO_VKEY}\n`,
    `zero+${noteKeyId('zero', NOTE_ED25519, new Uint8Array(32)).toString(16)}+${zero}`,
  ];
  for (const each of hostile) {
    const parsed = parseNoteKey(each);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'crypto.bad_encoding', each);
  }
});

test('a cosignature of something that is no checkpoint is wrong', () => {
  const note = formatNote({ text: `${text}extension\n`, signatures: [cosignature] });
  equal(codeOf(note), 'note.bad_signature');
  const extended = signNote(key, NAME, `${text}extension\n`);
  equal(codeOf(formatNote({ text: `${text}extension\n`, signatures: [extended] })), '1 signers');
});

test('a note that is accepted is spelled as it would be written', () => {
  const part = fc.constantFrom(
    'a',
    '\n',
    '\n\n',
    '\u2014 ',
    'n.example ',
    'AAAAAAE=',
    ' ',
    '=',
    '\t',
    '\u2003',
  );
  const parts = fc.array(part, { maxLength: 12 }).map((list) => list.join(''));
  fc.assert(
    fc.property(fc.oneof(parts, fc.constant(EXAMPLE)), (input) => {
      const note = parseNote(input);
      if (note.ok) equal(formatNote(note.value), input);
    }),
    { numRuns: 2000 },
  );
  ok(parseNote(EXAMPLE).ok);
});

test('malformed notes are refused', () => {
  const lines = (count: number): string => EXAMPLE.slice(EXAMPLE.indexOf('\u2014')).repeat(count);
  const hostile = [
    '',
    'text\n',
    'text\n\n',
    'text\n\n\n',
    EXAMPLE.slice(0, -1),
    EXAMPLE.replace('\n\n', '\n'),
    EXAMPLE.replace('\u2014', '-'),
    EXAMPLE.replace('example.com/foo ', 'example.com/foo  '),
    EXAMPLE.replace('example.com/foo', 'example.com/f+o'),
    EXAMPLE.replace('example.com/foo', 'example.com/f\u2003o'),
    EXAMPLE.replace('example.com/foo', ''),
    EXAMPLE.replace('aQM=', 'aQM'),
    EXAMPLE.replace(/Uw2Q.*=/, 'Uw2QOg=='),
    EXAMPLE.replace('message', 'mess\tage'),
    EXAMPLE.replace('message', 'mess\u0000age'),
    EXAMPLE.replace('message', '\ud800'),
    EXAMPLE.replace('\n', '\r\n'),
    `text\n\n${lines(33)}`,
    `${'x'.repeat(300_000)}\n\n${lines(1)}`,
  ];
  for (const note of hostile) {
    const parsed = parseNote(note);
    equal(
      parsed.ok ? 'accepted' : parsed.error.code,
      'note.malformed',
      JSON.stringify(note.slice(0, 90)),
    );
  }
  ok(parseNote(`text\n\n${lines(16)}`).ok);
});

test('keys that cannot sign notes are refused', () => {
  const codeFor = (publicKey: typeof key.publicKey, name: string): string => {
    const made = noteKeysOf(publicKey, name);
    return made.ok ? 'accepted' : made.error.code;
  };
  equal(codeFor(key.publicKey, 'a b'), 'crypto.bad_encoding');
  equal(codeFor(key.publicKey, 'a'.repeat(256)), 'crypto.bad_encoding');
  equal(codeFor({ ...key.publicKey, ed25519: 'AA==' }, NAME), 'crypto.bad_encoding');
  const zero = encodeBase64(new Uint8Array(32));
  equal(codeFor({ ...key.publicKey, ed25519: zero }, NAME), 'crypto.bad_encoding');
});
