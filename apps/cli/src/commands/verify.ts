import { existsSync, readFileSync } from 'node:fs';
import { verify } from '@ioi/verifier';
import { reportView } from '../core/report-view.ts';
import { type Command, textOption } from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { chunksOf } from '../shell/file-chunks.ts';

/** `ioi verify FILE [--expect CHECKPOINT] [--node ID]`: needs no node, only the file. */
export const verifyExport: Command = async ({ output }, [path = ''], options) => {
  const nodeId = textOption(options, 'node');
  const expect = expected(textOption(options, 'expect'));
  const anchors = { node: nodeId !== undefined, checkpoint: expect !== undefined };
  const report = verify(chunksOf(path), {
    ...(nodeId === undefined ? {} : { nodeId }),
    ...(expect === undefined ? {} : { expect }),
  });
  output.say(reportView(report, anchors, output.paint), { ...report, held_against: anchors });
  return report.ok ? undefined : 'unverified';
};

/** A file with a checkpoint, or the checkpoint's own text. */
function expected(given: string | undefined): string | undefined {
  if (given === undefined || given.includes('\n')) return given;
  if (!existsSync(given)) {
    throw usageFault(`there is no file ${given}`, 'ioi checkpoint > FILE    on the node');
  }
  try {
    return readFileSync(given, 'utf8');
  } catch (fault) {
    throw usageFault(`the checkpoint cannot be read: ${messageOf(fault)}`);
  }
}
