import { decodeUtf8, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestBytes, parseStrict } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type AddOnManifest,
  didOf,
  type HybridPublicKey,
  isAddOnManifest,
  type Rejection,
} from '@ioi/protocol';
import { forgedManifest, manifestRoot } from '../packages/package.ts';
import { type PackedFile, readTar, writeTar } from '../packages/tar.ts';
import { type Shape, shapeFaults } from '../shape/index.ts';
import { addOnName } from './heads.ts';
import { shapeFault } from './shape-fault.ts';
import { skillIn, textFault } from './skill.ts';

// As a package of a worker: the signed manifest, and the archive of files that it names.
const MANIFEST = 'manifest.json';
const FILES = 'files.tar';
/** A whole package, in bytes: words and a bundled program, and no more. */
export const ADD_ON_BYTES_MAX = 8 * 1024 * 1024;
const MANIFEST_BYTES_MAX = 256 * 1024;
/** What is filled in when it is packed. */
const FILLED = ['authority', 'package', 'files', 'public_key', 'signature'] as const;

/** What its author writes of the manifest. */
export type AddOnDraft = Omit<AddOnManifest, (typeof FILLED)[number]>;

export type AddOnPackage = {
  /** The digest of the whole package. */
  readonly address: Digest;
  readonly manifest: AddOnManifest;
  readonly root: Digest;
  readonly files: readonly PackedFile[];
};

type Unsigned = {
  readonly manifest: Omit<AddOnManifest, 'signature'>;
  readonly archive: Uint8Array;
};

/** `shape`: the JSON Schema of AddOnManifest, as it is published. */
export function readAddOnDraft(text: string, shape: Shape): Result<AddOnDraft, Rejection> {
  const isWritten = (name: string): boolean => !(FILLED as readonly string[]).includes(name);
  const { properties = {}, required = [] } = shape;
  const written = Object.entries(properties).filter(([name]) => isWritten(name));
  const read = readShaped(text, {
    ...shape,
    properties: Object.fromEntries(written),
    required: required.filter(isWritten),
  });
  return read.ok ? ok(read.value as AddOnDraft) : read;
}

function readShaped(text: string, shape: Shape): Result<unknown, Rejection> {
  const parsed = parseStrict(text, { maxBytes: MANIFEST_BYTES_MAX });
  if (!parsed.ok) return err({ code: parsed.error.code, message: parsed.error.message });
  const [flaw] = shapeFaults(parsed.value, shape);
  if (flaw === undefined) return ok(parsed.value);
  const message = `${flaw.pointer}: ${flaw.message}`;
  return err({ code: `manifest.${flaw.code}`, message });
}

/** What `sealAddOn` takes once the manifest is signed. */
export function fillAddOn(
  draft: AddOnDraft,
  files: readonly PackedFile[],
  publicKey: HybridPublicKey,
): Result<Unsigned, Rejection> {
  const archive = writeTar(files);
  if (!archive.ok) return archive;
  const manifest = {
    ...draft,
    authority: didOf(publicKey),
    package: { type: 'tar' as const, digest: digestBytes(archive.value) },
    files: listed(files),
    public_key: publicKey,
  };
  return ok({ manifest, archive: archive.value });
}

export function sealAddOn(
  manifest: AddOnManifest,
  archive: Uint8Array,
): Result<Uint8Array, Rejection> {
  const text = canonicalJson(manifest);
  if (!text.ok) return err({ code: text.error.code, message: text.error.message });
  // By name, as every archive is.
  const members = [
    { path: FILES, bytes: archive },
    { path: MANIFEST, bytes: encodeUtf8(text.value) },
  ];
  return writeTar(members);
}

/** What a package holds, or why it holds nothing. Nothing of it is run or believed before. */
export function openAddOn(
  bytes: Uint8Array,
  { shape, registry }: { readonly shape: Shape; readonly registry: VerifierRegistry },
): Result<AddOnPackage, Rejection> {
  if (bytes.length > ADD_ON_BYTES_MAX) {
    return refuse('package.too_large', `it has ${bytes.length} bytes, and may ${ADD_ON_BYTES_MAX}`);
  }
  const members = readTar(bytes);
  if (!members.ok) return members;
  const [archive, manifestFile, ...others] = members.value;
  if (archive?.path !== FILES || manifestFile?.path !== MANIFEST || others.length > 0) {
    const message = `a package is ${FILES} and ${MANIFEST}, and nothing else`;
    return refuse('package.wrong_members', message);
  }
  const text = decodeUtf8(manifestFile.bytes) ?? '';
  const read = readShaped(text, shape);
  if (!read.ok) return read;
  const manifest = read.value;
  if (!isAddOnManifest(manifest)) {
    return refuse('manifest.wrong_type', 'this is no AddOnManifest');
  }
  const canonical = canonicalJson(manifest);
  if (!canonical.ok || canonical.value !== text) {
    return refuse('package.not_canonical', `${MANIFEST} is not in its one canonical spelling`);
  }
  const forged = forgedManifest(manifest, registry) ?? shapeFault(manifest);
  if (forged !== undefined) return err(forged);
  const files = readTar(archive.bytes);
  if (!files.ok) return files;
  const fault = filesFault(manifest, archive.bytes, files.value);
  if (fault !== undefined) return err(fault);
  const address = digestBytes(bytes);
  return ok({ address, manifest, root: manifestRoot(manifest), files: files.value });
}

function filesFault(
  manifest: AddOnManifest,
  archive: Uint8Array,
  files: readonly PackedFile[],
): Rejection | undefined {
  const differs = (message: string): Rejection => ({ code: 'package.digest_mismatch', message });
  const digest = digestBytes(archive);
  if (manifest.package.digest !== digest) {
    return differs(`/package/digest: its files are ${digest}, and not what was signed`);
  }
  const [signed, found] = [manifest.files, listed(files)].map((each) => canonicalJson(each));
  if (!signed?.ok || !found?.ok || signed.value !== found.value)
    return differs('/files: they are not the files of the package');
  const said = textFault('/about', manifest.about) ?? toolsFault(manifest);
  if (said !== undefined || manifest.kind === 'extension') return said;
  const skill = skillIn(files);
  if (!skill.ok) return skill.error;
  if (skill.value.name === addOnName(manifest)) return undefined;
  const message = `SKILL.md is called ${skill.value.name}, its id ends in ${addOnName(manifest)}`;
  return { code: 'skill.other_name', message };
}

function toolsFault({ tools = [] }: AddOnManifest): Rejection | undefined {
  for (const { name, description, input_schema } of tools) {
    const fault =
      textFault(`/tools/${name}`, description) ??
      textFault(`/tools/${name}`, JSON.stringify(input_schema));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** In the order of the archive, so that one list is of one archive. */
function listed(files: readonly PackedFile[]): AddOnManifest['files'] {
  const told = files.map(({ path, bytes }) => {
    return { digest: digestBytes(bytes), path, size: bytes.length };
  });
  return told.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
