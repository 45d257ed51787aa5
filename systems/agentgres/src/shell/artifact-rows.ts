import type { Digest } from '@ioi/canon';
import type { ArtifactClass } from '@ioi/protocol';
import type { Row, Value } from '@ioi/sqlite';
import type { Artifact, ArtifactQuery } from '../core/artifact.ts';
import type { Beside } from '../core/index.ts';
import type { Sealed } from './sealed-file.ts';

/** Past every id: none of them holds this character. */
const LAST = '\u{10ffff}';

/** An artifact whose bytes are sealed, and its key in its slot. */
export type Written = {
  readonly artifact: Artifact;
  readonly sealed: Sealed;
  readonly slot: number;
};

/** Without its content, which nobody holds on to. */
export function artifactOf(artifact: Omit<Artifact, 'sizeBytes'>, sizeBytes: number): Artifact {
  const { digest, artifactClass, mediaType, requestHash, agentId, created } = artifact;
  return { digest, artifactClass, mediaType, requestHash, agentId, sizeBytes, created };
}

/** As it stands beside the log until it is written here. */
export function besideOf({ artifact, slot, sealed }: Written): Beside {
  const { digest } = artifact;
  if ('inline' in sealed.stands) {
    const about = JSON.stringify({ artifact, slot });
    return { digest, about, bytes: sealed.stands.inline };
  }
  const { file } = sealed.stands;
  return { digest, about: JSON.stringify({ artifact, slot, file }), bytes: new Uint8Array() };
}

export function writtenIn({ about, bytes }: Beside): Written {
  const { artifact, slot, file } = JSON.parse(about) as AboutBeside;
  const stands = file === undefined ? { inline: bytes } : { file };
  const { digest, sizeBytes: size } = artifact;
  return { artifact, slot, sealed: { size, digest, stands } };
}

type AboutBeside = {
  readonly artifact: Artifact;
  readonly slot: number;
  readonly file?: string;
};

/** Conditions as SQL with their values apart: nothing that was asked for becomes a command. */
export function whereOf(query: ArtifactQuery): {
  readonly where: string;
  readonly values: Value[];
} {
  const { digestPrefix, requestPrefix, agentId, artifactClass, until } = query;
  const conditions: [string, Value[]][] = [["state <> 'condemned'", []]];
  const prefixed = (column: string, prefix: string): void => {
    conditions.push([`${column} >= ? AND ${column} < ?`, [prefix, prefix + LAST]]);
  };
  if (digestPrefix !== undefined) prefixed('digest', digestPrefix);
  if (requestPrefix !== undefined) prefixed('request_hash', requestPrefix);
  if (agentId !== undefined) conditions.push(['agent_id = ?', [agentId]]);
  if (artifactClass !== undefined) conditions.push(['class = ?', [artifactClass]]);
  if (until !== undefined) conditions.push(['created <= ?', [until]]);
  return {
    where: conditions.map(([sql]) => sql).join(' AND '),
    values: conditions.flatMap(([, values]) => values),
  };
}

export function artifactIn(row: Row): Artifact {
  return {
    digest: row['digest'] as Digest,
    artifactClass: row['class'] as ArtifactClass,
    mediaType: row['media_type'] as string,
    requestHash: row['request_hash'] as string,
    agentId: row['agent_id'] as string,
    sizeBytes: Number(row['size']),
    created: Number(row['created']),
  };
}
