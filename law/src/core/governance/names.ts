import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { Author } from '@ioi/protocol';

/** Stands where a hash would of something that is not there yet. */
export const NO_HASH: Digest = `sha256:${'0'.repeat(64)}`;

/** Digest of a part of a payload: admission checked before that it has a canonical form. */
export function hashOf(value: unknown): Digest {
  const hash = digestOf(value);
  assert(hash.ok, 'what was admitted has a canonical form');
  return hash.value;
}

/** `module://<authority>/<module_id>`: what all versions of a module share. */
export function lineageOf(moduleId: string): string {
  return moduleId.slice(0, moduleId.lastIndexOf('/'));
}

/** The last part of `node://<authority>/<node_id>`. */
function shortNodeId(nodeId: string): string {
  return nodeId.slice(nodeId.lastIndexOf('/') + 1);
}

export const transitionRef = (chainId: string, sequence: string): string =>
  `transition://${chainId}/${sequence}`;

export const proposalRef = (chainId: string, proposalId: string): string =>
  `proposal://${chainId}/${proposalId}`;

export const invocationRef = (nodeId: string, invocationId: string): string =>
  `invocation://${shortNodeId(nodeId)}/${invocationId}`;

/** As whom the node speaks in receipts of what it did itself. */
export function nodeActor(nodeId: string): string {
  return `agent://${nodeId.slice('node://'.length)}/node`;
}

/** One name per speaker, so that nobody goes on with what another began. */
export function speakerOf(author: Author): string {
  return author.kind === 'key' ? author.keyId : author.kind;
}
