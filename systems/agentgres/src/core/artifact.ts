import { cidOf, type Digest } from '@ioi/canon';
import type { ArtifactClass, KeptArtifact } from '@ioi/protocol';

/** What is known of bytes that stand outside the log; `created` is Chain Time, milliseconds. */
export type Artifact = {
  readonly digest: Digest;
  readonly artifactClass: ArtifactClass;
  readonly mediaType: string;
  readonly requestHash: string;
  readonly agentId: string;
  readonly sizeBytes: number;
  readonly created: number;
};

/** Every given condition must hold. A prefix of a digest stands for all that begin so. */
export type ArtifactQuery = {
  readonly digestPrefix?: string;
  readonly requestPrefix?: string;
  readonly agentId?: string;
  readonly artifactClass?: ArtifactClass;
  /** Created at or before this Chain Time. */
  readonly until?: number;
};

export type ClassTotal = {
  readonly artifactClass: ArtifactClass;
  readonly count: number;
  readonly bytes: number;
  readonly oldest: number;
};

/** The artifact as the protocol names it (whitepaper B.4). */
export function keptArtifactOf(artifact: Artifact): KeptArtifact {
  const { digest, artifactClass, mediaType, requestHash, agentId, sizeBytes, created } = artifact;
  return {
    envelope: {
      artifact_id: `artifact_${digest.slice('sha256:'.length, 'sha256:'.length + 32)}`,
      cid: cidOf(digest),
      sha256: digest,
      size_bytes: sizeBytes,
      media_type: mediaType,
      privacy_class: 'encrypted',
      encryption: { mode: 'envelope' },
      provenance: {},
    },
    artifact_class: artifactClass,
    request_hash: requestHash,
    agent_id: agentId,
    created: String(created),
  };
}
