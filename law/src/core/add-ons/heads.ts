import type { Digest } from '@ioi/canon';
import type { AddOnManifest, HeadKey } from '@ioi/protocol';

/** A skill or extension as its owner installed it; what was removed is offered no more. */
export type AddOnHead = {
  readonly state: 'installed' | 'removed';
  /** Rises with every change of what has this name. */
  readonly sequence: string;
  readonly manifest: AddOnManifest;
  readonly manifest_hash: Digest;
  /** The digest of the whole package. */
  readonly package: Digest;
};

export const addOnKeys = {
  /** By the last part of its id: no two are offered under one name. */
  installed: (name: string): HeadKey => ({ headClass: 'add_on_installed', id: name }),
} as const;

/** `ai://publisher/weather` is called `weather`. */
export function addOnName({ id }: Pick<AddOnManifest, 'id'>): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
