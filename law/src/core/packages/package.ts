import { assert, decodeUtf8, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, canonicalJson, type Digest, digestBytes } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import { didOf, type HybridPublicKey, type WorkerManifest, type WorkerTask } from '@ioi/protocol';
import type { Shape } from '../shape/index.ts';
import type { PackageFault } from './codes.ts';
import {
  MANIFEST_BYTES_MAX,
  type ManifestDraft,
  type ManifestFault,
  readManifest,
} from './manifest.ts';
import { MOST_BYTES, type PackedFile, readTar, writeTar } from './tar.ts';
import { wheelFault } from './wheels.ts';

// A package is one archive of two files: the signed manifest, and the archive of the worker's files
// that the manifest names by its digest. Its own digest is its address.
const MANIFEST = 'manifest.json';
const FILES = 'worker.tar';

export type UnsignedManifest = Omit<WorkerManifest, 'signature'>;

export type Unsigned = {
  readonly manifest: UnsignedManifest;
  /** The archive that it names. */
  readonly files: Uint8Array;
};

/** Why such files are no package, seen before any of them is run. */
export function draftFault(
  draft: ManifestDraft,
  files: readonly PackedFile[],
): PackageFault | undefined {
  return hasEntry(draft, files) ? wheelFault(draft.entry, files) : noEntry(draft);
}

/** What `sealPackage` takes once the manifest is signed. */
export function fillManifest(
  draft: ManifestDraft,
  tasks: readonly WorkerTask[],
  about: { readonly files: readonly PackedFile[]; readonly publicKey: HybridPublicKey },
): Result<Unsigned, PackageFault> {
  const { files, publicKey } = about;
  const fault = draftFault(draft, files);
  if (fault !== undefined) return err(fault);
  const archive = writeTar(files);
  if (!archive.ok) return archive;
  const most = MOST_BYTES - MANIFEST_BYTES_MAX;
  if (archive.value.length > most) {
    const message = `its files take ${archive.value.length} bytes, and may ${most}`;
    return err({ code: 'package.too_large', message });
  }
  const manifest = {
    ...draft,
    authority: didOf(publicKey),
    package: { type: 'tar' as const, digest: digestBytes(archive.value) },
    tasks: tasks.map(({ name, input_schema, output_schema }) => {
      return { name, input_schema: { ...input_schema }, output_schema: { ...output_schema } };
    }),
    public_key: publicKey,
  };
  return ok({ manifest, files: archive.value });
}

/** What both signatures of `authority` cover, under SIG_DOMAIN_MANIFEST. */
export function manifestMessage(unsigned: object): Uint8Array {
  const bytes = canonicalBytes(unsigned);
  assert(bytes.ok, 'a manifest that was read has a canonical form');
  return bytes.value;
}

export function sealPackage(manifest: WorkerManifest, files: Uint8Array): Uint8Array {
  const text = canonicalJson(manifest);
  assert(text.ok, 'a manifest that was read has a canonical form');
  const archive = writeTar([
    { path: MANIFEST, bytes: encodeUtf8(text.value) },
    { path: FILES, bytes: files },
  ]);
  assert(archive.ok, 'its two names are good, and its files were measured');
  return archive.value;
}

export type WorkerPackage = {
  /** The digest of the whole package. */
  readonly address: Digest;
  readonly manifest: WorkerManifest;
  readonly files: readonly PackedFile[];
};

export type PackageRefusal =
  | { readonly kind: 'package'; readonly fault: PackageFault }
  /** Of its manifest, each with its place there. */
  | { readonly kind: 'manifest'; readonly faults: readonly ManifestFault[] };

/** What a package holds, or why it holds nothing: no file of it is looked at before that. */
export function openPackage(
  bytes: Uint8Array,
  { shape, registry }: { readonly shape: Shape; readonly registry: VerifierRegistry },
): Result<WorkerPackage, PackageRefusal> {
  const members = readTar(bytes);
  if (!members.ok) return refused(members.error);
  const [manifestFile, filesFile, ...others] = members.value;
  if (manifestFile?.path !== MANIFEST || filesFile?.path !== FILES || others.length > 0) {
    const message = `a package is ${MANIFEST} and ${FILES}, and nothing else`;
    return refused({ code: 'package.wrong_members', message });
  }
  const text = decodeUtf8(manifestFile.bytes) ?? '';
  const manifest = readManifest(text, shape);
  if (!manifest.ok) return err({ kind: 'manifest', faults: manifest.error });
  const canonical = canonicalJson(manifest.value);
  if (!canonical.ok || canonical.value !== text) {
    const message = `${MANIFEST} is not in its one canonical spelling`;
    return refused({ code: 'package.not_canonical', message });
  }
  const fault = unsound(manifest.value, filesFile.bytes, registry);
  if (fault !== undefined) return refused(fault);
  const files = readTar(filesFile.bytes);
  if (!files.ok) return refused(files.error);
  const unfit = draftFault(manifest.value, files.value);
  if (unfit !== undefined) return refused(unfit);
  return ok({ address: digestBytes(bytes), manifest: manifest.value, files: files.value });
}

function unsound(
  manifest: WorkerManifest,
  files: Uint8Array,
  registry: VerifierRegistry,
): PackageFault | undefined {
  const forged = forgedManifest(manifest, registry);
  if (forged !== undefined) return forged;
  const { package: named } = manifest;
  const digest = digestBytes(files);
  if (named.type === 'tar' && named.digest === digest) return undefined;
  return {
    code: 'package.digest_mismatch',
    message: `/package/digest: its files are ${digest}, signed was ${named.digest}`,
  };
}

type SignedManifest = Pick<WorkerManifest, 'signature' | 'public_key' | 'authority'>;

/** That a manifest is not by whom it says: undefined where it is. */
export function forgedManifest(
  { signature, ...unsigned }: SignedManifest,
  registry: VerifierRegistry,
): PackageFault | undefined {
  const { public_key, authority } = unsigned;
  if (didOf(public_key) !== authority) {
    const message = `/authority: ${authority} is not the name of /public_key`;
    return { code: 'package.authority_mismatch', message };
  }
  const message = manifestMessage(unsigned);
  const verified = registry.verify(public_key, 'SIG_DOMAIN_MANIFEST', message, signature);
  if (verified.ok) return undefined;
  return { code: 'package.bad_signature', message: `/signature: ${verified.error.message}` };
}

/** What a signed manifest is known by: the digest of all that its signatures cover. */
export function manifestRoot({ signature: _, ...unsigned }: SignedManifest): Digest {
  return digestBytes(manifestMessage(unsigned));
}

function hasEntry({ entry }: ManifestDraft, files: readonly PackedFile[]): boolean {
  return files.some(({ path }) => path === entry.file);
}

function noEntry({ entry }: ManifestDraft): PackageFault {
  return { code: 'package.no_entry', message: `/entry/file: there is no ${entry.file}` };
}

function refused(fault: PackageFault): Result<never, PackageRefusal> {
  return err({ kind: 'package', fault });
}
