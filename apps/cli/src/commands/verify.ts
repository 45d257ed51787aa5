import { readFileSync } from 'node:fs';
import type { VerifiedTimestamp } from '@ioi/crypto/timestamp/shell';
import {
  type Cosigner,
  type VerifiedEntry,
  type VerifiedRead,
  verify,
  verifyEntry,
  verifyRead,
  type WitnessedCheckpoint,
} from '@ioi/verifier';
import { entryView, readView, refusedView } from '../core/proof-view.ts';
import { reportView } from '../core/report-view.ts';
import { rememberedCheckpoint } from '../shell/checkpoint-file.ts';
import {
  type Command,
  countOption,
  listOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { chunksOf } from '../shell/file-chunks.ts';
import type { Output } from '../shell/output.ts';
import { toldChunks, withProgress } from '../shell/progress.ts';
import { type ProofFile, proofFile } from '../shell/proof-file.ts';
import { witnessedPath } from '../shell/save-export.ts';
import { timeText } from '../shell/time.ts';
import { keptStamp } from '../shell/timestamps.ts';
import { witnessKeys } from '../shell/witness-keys.ts';

/**
 * `ioi verify FILE [--expect CHECKPOINT] [--node ID] [--witness VKEY …]`: an export, a saved read
 * or the saved proof of an entry. Needs no node, only the file, and what witnesses cosigned beside
 * it when they are named.
 */
export const verifyFile: Command = ({ output }, [path = ''], options) =>
  withProgress(output, 'verifying', (tell) => {
    const file = proofFile(path === '-' ? chunksOf(path) : toldChunks(path, tell));
    if (file.kind === 'export') return verifyExport({ output, path, chunks: file.chunks }, options);
    const isAnchored = ['expect', 'witnessed', 'witnessesNeeded', 'tsaCa'].some(
      (name) => name in options,
    );
    if (isAnchored || listOption(options, 'witness').length > 0) {
      throw usageFault('of a proof only --node can be asked; checkpoints are for exports');
    }
    return verifyProof(output, file, nodeOf(options));
  });

function verifyProof(
  output: Output,
  file: Exclude<ProofFile, { kind: 'export' }>,
  node: { readonly nodeId?: string },
): 'unverified' | undefined {
  const { paint } = output;
  const verified =
    file.kind === 'read' ? verifyRead(file.proof, node) : verifyEntry(file.proof, node);
  const value = verified.ok
    ? { ok: !isVoided(verified.value), ...verified.value, ...shownIn(file) }
    : { ok: false, findings: [verified.error] };
  if (!verified.ok) output.say(refusedView(verified.error, paint), value);
  else if ('entry' in verified.value) output.say(entryView(verified.value, paint), value);
  else if (file.kind === 'read') output.say(readView(verified.value, file.proof, paint), value);
  return value.ok ? undefined : 'unverified';
}

/** Of an entry that has no effect a script must not read a PASS. */
function isVoided(verified: VerifiedRead | VerifiedEntry): boolean {
  return 'effect' in verified && verified.effect === 'voided';
}

/** What a proof that verified is about: for scripts, which cannot go by a count. */
function shownIn(file: Exclude<ProofFile, { kind: 'export' }>): object {
  if (file.kind === 'entry') return {};
  const { objects, listing } = file.proof;
  const shown = objects.map(({ head_class, id, value }) => {
    return { head_class, id, ...(value === undefined ? { absent: true } : { value }) };
  });
  return { shown, ...(listing ? { listed_class: listing.head_class } : {}) };
}

function nodeOf(options: Options): { readonly nodeId?: string } {
  const nodeId = textOption(options, 'node');
  return nodeId === undefined ? {} : { nodeId };
}

type ExportFile = {
  readonly output: Output;
  readonly path: string;
  readonly chunks: Iterable<Uint8Array>;
};

function verifyExport(
  { output, path, chunks }: ExportFile,
  options: Options,
): 'unverified' | undefined {
  const node = nodeOf(options);
  const given = textOption(options, 'expect');
  const expect = given === undefined ? undefined : rememberedCheckpoint(given);
  const stamped = stampOf(given, options);
  const witnessed = witnessedIn(path, options);
  const report = verify(chunks, {
    ...node,
    ...(expect === undefined ? {} : { expect }),
    ...(witnessed === undefined ? {} : { witnessed }),
  });
  const cosigners = report.ok && report.witnessed ? report.witnessed.cosigners.map(seenText) : [];
  const anchors = {
    node: node.nodeId !== undefined,
    checkpoint: expect !== undefined,
    ...(witnessed === undefined ? {} : { cosigners }),
    ...(stamped === undefined ? {} : { stamped }),
  };
  const size = report.ok ? report.witnessed?.checkpoint.size : undefined;
  const shown = size === undefined ? {} : { witnessed: { size, cosigners } };
  const value = { ...report, ...shown, held_against: anchors };
  output.say(reportView(report, anchors, output.paint), value);
  return report.ok ? undefined : 'unverified';
}

/** A stamp says when the checkpoint was there; that the log continues it is checked besides. */
function stampOf(checkpoint: string | undefined, options: Options): VerifiedTimestamp | undefined {
  if (checkpoint !== undefined) return keptStamp(checkpoint, options);
  if (textOption(options, 'tsaCa') === undefined) return undefined;
  throw usageFault('a time stamp is of a checkpoint: --expect FILE');
}

function witnessedIn(path: string, options: Options): WitnessedCheckpoint | undefined {
  const witnesses = witnessKeys(listOption(options, 'witness'));
  const named = textOption(options, 'witnessed');
  const all = new Set(witnesses.map(({ name }) => name)).size;
  const needed = countOption(options, 'witnessesNeeded', all);
  if (witnesses.length === 0) {
    if (named === undefined && needed === 0) return undefined;
    throw usageFault('say which witnesses are believed: --witness VKEY');
  }
  if (needed < 1 || needed > all) {
    throw usageFault(`of ${all} witnesses that are named, at least 1 and at most ${all} can sign`);
  }
  if (named === undefined && path === '-')
    throw usageFault('say what they cosigned: --witnessed FILE');
  return { text: textIn(named ?? witnessedPath(path)), demand: { witnesses, needed } };
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    const next = 'ioi checkpoint --witnessed > FILE    on the node';
    throw usageFault(`what witnesses cosigned cannot be read: ${messageOf(fault)}`, next);
  }
}

/** A witness, and when it signed by its own clock. */
function seenText({ name, timestamp }: Cosigner): string {
  return `${name} at ${timeText(String(timestamp * 1000n))}`;
}
