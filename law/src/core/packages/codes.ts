import type { CanonCode } from '@ioi/canon';
import type { ShapeCode } from '../shape/index.ts';

/** Why a manifest of a worker is refused. Every fault is reported, with its place. */
export type ManifestCode =
  | CanonCode
  | `manifest.${ShapeCode}`
  | 'manifest.unknown_capability'
  | 'manifest.impossible_requirement';

/** Why a package of a worker is refused, in order of precedence. */
export type PackageCode =
  | 'package.too_large'
  | 'package.bad_name'
  | 'package.not_canonical'
  | 'package.wrong_members'
  | 'package.authority_mismatch'
  | 'package.bad_signature'
  | 'package.digest_mismatch'
  | 'package.no_entry'
  | 'package.lock_unreadable'
  | 'package.wheel_not_portable'
  | 'package.wheel_not_locked'
  | 'package.wheel_missing';

export type PackageFault = { readonly code: PackageCode; readonly message: string };
