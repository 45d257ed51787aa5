import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64, encodeBase64, encodeHex, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { generateHybridKey } from '../shell/keys.ts';
import { cosignCheckpoint, signNote } from '../shell/note-sign.ts';
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts';
import { formatNote, NOTE_ED25519, NOTE_ML_DSA_44, noteKeyId, parseNote } from './note.ts';
import { cosignedMessage, type NoteKey, noteKeysOf, verifyNote } from './note-verify.ts';

// The example of C2SP signed-note, with its verifier key.
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
