import { readFileSync } from 'node:fs';
import { type Cosigner, verify, type WitnessedCheckpoint } from '@ioi/verifier';
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
import { witnessedPath } from '../shell/save-export.ts';
import { timeText } from '../shell/time.ts';
import { witnessKeys } from '../shell/witness-keys.ts';

/**
 * `ioi verify FILE [--expect CHECKPOINT] [--node ID] [--witness VKEY …]`: needs no node, only the
 * file, and what witnesses cosigned beside it when they are named.
 */
export const verifyExport: Command = async ({ output }, [path = ''], options) => {
  const nodeId = textOption(options, 'node');
  const given = textOption(options, 'expect');
  const expect = given === undefined ? undefined : rememberedCheckpoint(given);
  const witnessed = witnessedIn(path, options);
  const report = verify(chunksOf(path), {
    ...(nodeId === undefined ? {} : { nodeId }),
    ...(expect === undefined ? {} : { expect }),
    ...(witnessed === undefined ? {} : { witnessed }),
  });
  const cosigners = report.ok && report.witnessed ? report.witnessed.cosigners.map(seenText) : [];
  const anchors = {
    node: nodeId !== undefined,
    checkpoint: expect !== undefined,
    ...(witnessed === undefined ? {} : { cosigners }),
  };
  const size = report.ok ? report.witnessed?.checkpoint.size : undefined;
  const shown = size === undefined ? {} : { witnessed: { size, cosigners } };
  const value = { ...report, ...shown, held_against: anchors };
  output.say(reportView(report, anchors, output.paint), value);
  return report.ok ? undefined : 'unverified';
};

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
