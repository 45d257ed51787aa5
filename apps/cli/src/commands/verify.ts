import { verify } from '@ioi/verifier';
import { reportView } from '../core/report-view.ts';
import { rememberedCheckpoint } from '../shell/checkpoint-file.ts';
import { type Command, textOption } from '../shell/context.ts';
import { chunksOf } from '../shell/file-chunks.ts';

/** `ioi verify FILE [--expect CHECKPOINT] [--node ID]`: needs no node, only the file. */
export const verifyExport: Command = async ({ output }, [path = ''], options) => {
  const nodeId = textOption(options, 'node');
  const given = textOption(options, 'expect');
  const expect = given === undefined ? undefined : rememberedCheckpoint(given);
  const anchors = { node: nodeId !== undefined, checkpoint: expect !== undefined };
  const report = verify(chunksOf(path), {
    ...(nodeId === undefined ? {} : { nodeId }),
    ...(expect === undefined ? {} : { expect }),
  });
  output.say(reportView(report, anchors, output.paint), { ...report, held_against: anchors });
  return report.ok ? undefined : 'unverified';
};
