import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCheckpoint, parseNote, verifierRegistry } from '@ioi/crypto';
import { holdIdentity } from '@ioi/law';
import {
  type AgentStateArchiveEnvelope,
  isAgentStateArchiveEnvelope,
  type OwnerIdentity,
} from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import type { StateHeads } from '../core/archive-state.ts';
import { CommandFault, messageOf, usageFault } from './fault.ts';
import type { HeadSource } from './head-source.ts';
import type { Output } from './output.ts';
import { type Tell, toldChunks, withProgress } from './progress.ts';

/** Beside an archive: its envelope. */
export function envelopePath(path: string): string {
  return `${path}.json`;
}

/** The envelope that lies beside an archive, of a schema that is known here. */
export function envelopeOf(path: string): AgentStateArchiveEnvelope {
  if (!existsSync(path)) throw usageFault(`there is no file ${path}`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(envelopePath(path), 'utf8'));
  } catch (fault) {
    throw usageFault(`${envelopePath(path)} cannot be read: ${messageOf(fault)}`);
  }
  if (isAgentStateArchiveEnvelope(value) && value.schema_version === '1.0.0') return value;
  throw refusedArchive('archive.unknown_schema', 'the envelope is of no schema known here');
}

/** SHA-256 of a file in hex, a piece at a time. */
export function fileDigest(path: string, tell: Tell): string {
  const hash = createHash('sha256');
  for (const chunk of toldChunks(path, tell)) hash.update(chunk);
  return hash.digest('hex');
}

/** An identity that somebody handed over, as its owner signed it. */
export function recipientIn(path: string): OwnerIdentity {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(path), 'utf8'));
  } catch (fault) {
    throw usageFault(`${path} cannot be read: ${messageOf(fault)}`);
  }
  const held = holdIdentity(value, verifierRegistry());
  if (held.ok) return held.value;
  throw refusedArchive(held.error.code, `${path}: ${held.error.message}`);
}

/** What is known of a log that verified: who sealed it, and its root. */
export type VerifiedLog = { readonly nodeId: string; readonly root: string };

export async function verifiedLog(
  output: Output,
  path: string,
  nodeId?: string | undefined,
): Promise<VerifiedLog> {
  const report = await withProgress(output, 'verifying', (tell) =>
    verify(toldChunks(path, tell), nodeId === undefined ? {} : { nodeId }),
  );
  if (!report.ok) {
    const [finding] = report.findings;
    throw refusedArchive('archive.log_invalid', `${finding?.code}: ${finding?.message}`);
  }
  const { node_id, checkpoint } = report.summary;
  const note = parseNote(checkpoint);
  const parsed = note.ok ? parseCheckpoint(note.value.text) : undefined;
  if (!parsed?.ok) throw refusedArchive('archive.log_invalid', 'its log has no checkpoint');
  const root = Buffer.from(parsed.value.root, 'base64').toString('hex');
  return { nodeId: node_id, root: `sha256:${root}` };
}

export async function headsOf(source: HeadSource): Promise<StateHeads> {
  const heads = new Map<string, Awaited<ReturnType<HeadSource['heads']>>>();
  for (const headClass of source.classes) heads.set(headClass, await source.heads(headClass));
  return heads;
}

export function refusedArchive(code: string, message: string): CommandFault {
  return new CommandFault({ exit: 'unverified', code, message });
}
