import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeUtf8, seededRandom } from '@ioi/basis';
import { cidOf, digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { isManifestEnvelope } from '@ioi/protocol';
import type { Shape } from '../shape/index.ts';
import {
  describeCommand,
  envelopeOf,
  fillManifest,
  manifestMessage,
  openPackage,
  type PackedFile,
  readDraft,
  sealPackage,
  startCommand,
  type UnsignedManifest,
} from './index.ts';
import { readTar, writeTar } from './tar.ts';

const schemas = new URL('../../../../protocol/schemas/', import.meta.url);
const shape: Shape = JSON.parse(readFileSync(new URL('WorkerManifest.json', schemas), 'utf8'));
const registry = verifierRegistry();
const key = generateHybridKey();

const DRAFT = {
  id: 'ai://example/word-counter',
  version: 'v1.0.0',
  entry: { language: 'python', file: 'worker.py' },
  requirements: { framework: 'python-3.11' },
  policy_defaults: { 'prim:fs.read': ['notes/*'], 'cap:spend': '0', 'cap:network': ['a.example'] },
};
const TASK = { name: 'count', input_schema: { type: 'object' }, output_schema: {} };
const FILES = [file('worker.py', 'agent = 1\n'), file('ioi_sdk/wire.py', ''), file('a.b/c', 'd')];

function file(path: string, text: string): PackedFile {
  return { path, bytes: encodeUtf8(text) };
}

function unsigned() {
  const draft = readDraft(JSON.stringify(DRAFT), shape);
  assert.ok(draft.ok, JSON.stringify(draft));
  const filled = fillManifest(draft.value, [TASK], { files: FILES, publicKey: key.publicKey });
  assert.ok(filled.ok);
  return filled.value;
}

function sealed(change: Partial<UnsignedManifest> = {}, by = key, files?: Uint8Array): Uint8Array {
  const made = unsigned();
  const manifest = { ...made.manifest, ...change };
  const signature = signHybrid(by, 'SIG_DOMAIN_MANIFEST', manifestMessage(manifest));
  return sealPackage({ ...manifest, signature }, files ?? made.files);
}

function codeOf(bytes: Uint8Array): string {
  const opened = openPackage(bytes, { shape, registry });
  if (opened.ok) return 'opened';
  const { error } = opened;
  if (error.kind === 'package') return error.fault.code;
  return error.faults.map(({ code, pointer }) => `${code} ${pointer}`).join(', ');
}

/** What is wrong with the draft, with some text of it put otherwise. */
function draftFaults(old: string, put: string): string[] {
  const text = JSON.stringify(DRAFT, undefined, 2);
  assert.ok(text.includes(old), old);
  const read = readDraft(text.replace(old, put), shape);
  return read.ok ? [] : read.error.map(({ code, pointer, line }) => `${line} ${code} ${pointer}`);
}

test('a package holds what was packed, and its address is that of its bytes', () => {
  const bytes = sealed();
  const opened = openPackage(bytes, { shape, registry });
  assert.ok(opened.ok, JSON.stringify(opened));
  const { manifest, files, address } = opened.value;
  assert.equal(manifest.id, DRAFT.id);
  assert.deepEqual(manifest.tasks, [TASK]);
  const names = files.map(({ path }) => path);
  assert.deepEqual(names, ['a.b/c', 'ioi_sdk/wire.py', 'worker.py']);
  assert.equal(new TextDecoder().decode(files[2]?.bytes), 'agent = 1\n');
  const again = unsigned();
  const backwards = writeTar([...FILES].reverse());
  assert.deepEqual(backwards, writeTar(FILES));
  assert.equal(again.manifest.package.digest, manifest.package.digest);
  assert.match(address, /^sha256:/);
});

test('the envelope of a package has its name, its root, its address and both signatures', () => {
  const bytes = sealed();
  const opened = openPackage(bytes, { shape, registry });
  assert.ok(opened.ok);
  const envelope = envelopeOf(opened.value);
  assert.ok(isManifestEnvelope(envelope), JSON.stringify(envelope));
  const { signature, ...signed } = opened.value.manifest;
  assert.equal(envelope.manifest_root, digestBytes(manifestMessage(signed)));
  assert.equal(envelope.body_ref, `cid://${cidOf(digestBytes(bytes))}`);
  const halves = Buffer.from(envelope.signature.signature, 'base64');
  assert.equal(halves.subarray(0, 64).toString('base64'), signature.ed25519);
  assert.equal(halves.subarray(64).toString('base64'), signature.ml_dsa_44);
});

test('what was changed after it was signed is refused by name', () => {
  const other = generateHybridKey();
  assert.equal(codeOf(sealed({}, other)), 'package.bad_signature');
  assert.equal(
    codeOf(sealed({ public_key: other.publicKey }, other)),
    'package.authority_mismatch',
  );
  assert.equal(codeOf(sealed({ authority: 'did:ioi:acme' })), 'package.authority_mismatch');
  const files = writeTar([...FILES, file('more.py', '')]);
  assert.ok(files.ok);
  assert.equal(codeOf(sealed({}, key, files.value)), 'package.digest_mismatch');
  const made = unsigned();
  const manifest = { ...made.manifest, about: 'signed' };
  const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', manifestMessage(manifest));
  const changed = sealPackage({ ...manifest, about: 'changed', signature }, made.files);
  assert.equal(codeOf(changed), 'package.bad_signature');
  const elsewhere = { language: 'python', file: 'other.py' } as const;
  assert.equal(codeOf(sealed({ entry: elsewhere })), 'package.no_entry');
});

test('a manifest spelled in another way has no address of its own', () => {
  const { manifest, files } = unsigned();
  const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', manifestMessage(manifest));
  const spaced = JSON.stringify({ ...manifest, signature }, undefined, 1);
  const archive = writeTar([file('manifest.json', spaced), { path: 'worker.tar', bytes: files }]);
  assert.ok(archive.ok);
  assert.equal(codeOf(archive.value), 'package.not_canonical');
});

test('files for which a package has no room are refused before they are sealed', () => {
  const draft = readDraft(JSON.stringify(DRAFT), shape);
  assert.ok(draft.ok);
  const large = { path: 'large', bytes: new Uint8Array(32 * 1024 * 1024 - 64) };
  const files = [file('worker.py', ''), large];
  const filled = fillManifest(draft.value, [TASK], { files, publicKey: key.publicKey });
  assert.equal(!filled.ok && filled.error.code, 'package.too_large');
});

test('a manifest with a field nobody knows, or without a schema, is refused at its place', () => {
  const tasks = [{ name: 'count', input_schema: {} }] as unknown as UnsignedManifest['tasks'];
  assert.equal(codeOf(sealed({ tasks })), 'manifest.missing_field /tasks/0');
  const more = { code: 'eval()' } as unknown as Partial<UnsignedManifest>;
  assert.equal(codeOf(sealed(more)), 'manifest.unknown_field /code');
});

test('a draft is refused where it is wrong, at its line', () => {
  assert.deepEqual(draftFaults('"version"', '"versoin"'), [
    '3 manifest.unknown_field /versoin',
    '1 manifest.missing_field ',
  ]);
  assert.deepEqual(draftFaults('"file": "worker.py"', '"file": "../worker.py"'), [
    '6 manifest.out_of_range /entry/file',
  ]);
  assert.deepEqual(draftFaults('python-3.11', 'python-2.7'), [
    '9 manifest.impossible_requirement /requirements/framework',
  ]);
  assert.deepEqual(draftFaults('python-3.11', 'node-26'), [
    '9 manifest.impossible_requirement /requirements/framework',
  ]);
  assert.deepEqual(draftFaults('cap:spend', 'cap:everything'), [
    '15 manifest.unknown_capability /policy_defaults/cap:everything',
  ]);
  assert.deepEqual(draftFaults('"id"', '"authority"'), [
    '2 manifest.unknown_field /authority',
    '1 manifest.missing_field ',
  ]);
});

test('the language of a worker and the name of its file say the same', () => {
  const entry = '"language": "python"';
  for (const [language, file] of [
    ['guest', 'a.guest.ts'],
    ['wasm', 'a.wasm'],
    ['typescript', 'a.mjs'],
  ] as const) {
    const draft = { id: DRAFT.id, version: DRAFT.version, entry: { language, file } };
    assert.ok(readDraft(JSON.stringify(draft), shape).ok, language);
    assert.deepEqual(draftFaults(entry, `"language": "${language}"`)[0]?.split(' ').slice(1), [
      'manifest.impossible_requirement',
      '/entry/file',
    ]);
  }
  // What is interpreted is not told to be a program, nor the other way about.
  const hidden = { language: 'typescript', file: 'a.guest.js' };
  const draft = { id: DRAFT.id, version: DRAFT.version, entry: hidden };
  assert.ok(!readDraft(JSON.stringify(draft), shape).ok);
});

test('what a worker in Python imports is locked, wheel by wheel', () => {
  const wheel = file('wheels/Some_Thing-1.2-py2.py3-none-any.whl', 'PK');
  const line = `some-thing==1.2 --hash=${digestBytes(wheel.bytes)}`;
  const packed = (...more: readonly PackedFile[]): string => {
    const draft = readDraft(JSON.stringify(DRAFT), shape);
    assert.ok(draft.ok);
    const files = [...FILES, ...more];
    const filled = fillManifest(draft.value, [TASK], { files, publicKey: key.publicKey });
    return filled.ok ? 'filled' : filled.error.code;
  };
  const lock = (text: string): PackedFile => file('requirements.lock', text);
  assert.equal(packed(wheel, lock(`# why\n${line.replace(' ', ' \\\n  ')}\n`)), 'filled');
  assert.equal(packed(wheel), 'package.wheel_not_locked');
  const elsewhere = wheel.path.replace('wheels', 'Wheels');
  assert.equal(packed({ ...wheel, path: elsewhere }), 'package.wheel_not_locked');
  assert.equal(
    packed({ ...wheel, bytes: encodeUtf8('PK2') }, lock(line)),
    'package.wheel_not_locked',
  );
  assert.equal(packed(wheel, lock(line.replace('1.2', '1.3'))), 'package.wheel_not_locked');
  assert.equal(packed(lock(line)), 'package.wheel_missing');
  assert.equal(packed(wheel, lock('some-thing>=1.2')), 'package.lock_unreadable');
  for (const name of [
    'a-1-cp311-cp311-linux_x86_64.whl',
    'a-1-py2-none-any.whl',
    'a.zip',
    'b/c.whl',
  ]) {
    assert.equal(
      packed(file(`wheels/${name}`, ''), lock(line)),
      'package.wheel_not_portable',
      name,
    );
  }
  // Whoever packed it by other means, and signed that.
  const files = writeTar([...FILES, wheel]);
  assert.ok(files.ok);
  const named = { type: 'tar' as const, digest: digestBytes(files.value) };
  assert.equal(codeOf(sealed({ package: named }, key, files.value)), 'package.wheel_not_locked');
});

test('a name that leads out, that some disks take for another, or below a file is refused', () => {
  const codes = ['../a', '/a', 'a/../b', '.git/config', 'a b', 'a\\b', '', 'x'.repeat(101)];
  for (const path of codes) {
    const made = writeTar([file(path, '')]);
    assert.equal(!made.ok && made.error.code, 'package.bad_name', path);
  }
  for (const pair of [
    ['a', 'A'],
    ['a', 'a/b'],
  ]) {
    const made = writeTar(pair.map((path) => file(path, '')));
    assert.equal(!made.ok && made.error.code, 'package.bad_name', pair.join());
  }
});

test('of the forms that an archive can have one is read, and no bytes make it throw', () => {
  const made = writeTar(FILES);
  assert.ok(made.ok);
  const archive = made.value;
  const random = seededRandom(0x7a2);
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from(archive);
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
    const read = readTar(random.below(8) === 0 ? bytes.subarray(0, at) : bytes);
    if (!read.ok) continue;
    // Only what a file says can have changed.
    const names = read.value.map(({ path }) => path);
    assert.deepEqual(writeTar(read.value), { ok: true, value: bytes }, names.join());
  }
});

test('a worker is started in its folder, by its language', () => {
  const python = { language: 'python', file: 'worker.py', compat: 'appendix-c' } as const;
  assert.deepEqual(startCommand(python).args.slice(-5), [
    '-m',
    'ioi_sdk',
    '--compat',
    'appendix-c',
    'worker.py',
  ]);
  assert.deepEqual(describeCommand(python).args.slice(-2), ['--describe', 'worker.py']);
  const node = { language: 'typescript', file: 'worker.ts' } as const;
  assert.deepEqual(describeCommand(node), { program: 'node', args: ['worker.ts', '--describe'] });
});
