export type { ManifestCode, PackageCode, PackageFault } from './codes.ts';
export { envelopeOf } from './envelope.ts';
export { type ManifestDraft, type ManifestFault, readDraft } from './manifest.ts';
export {
  draftFault,
  fillManifest,
  manifestMessage,
  manifestRoot,
  openPackage,
  type PackageRefusal,
  sealPackage,
  type UnsignedManifest,
  type WorkerPackage,
} from './package.ts';
export {
  describeCommand,
  isInterpreted,
  SDK_FOLDER,
  type StartCommand,
  startCommand,
} from './start-command.ts';
export { type PackedFile, writeTar as archiveOf } from './tar.ts';
export * from './wasm-sections.ts';
