import { type Summary, verify } from '@ioi/verifier';
import { reportView } from '../core/report-view.ts';
import type { Context } from './context.ts';
import { toldChunks, withProgress } from './progress.ts';

/** What a verification says of an export to go on with, and of a good one its summary. */
export async function verifiedBackup(
  { output }: Context,
  path: string,
): Promise<Summary | undefined> {
  const report = await withProgress(output, 'verifying', (tell) => verify(toldChunks(path, tell)));
  const anchors = { node: false, checkpoint: false };
  if (report.ok) {
    for (const line of reportView(report, anchors, output.paint)) output.note(line);
    return report.summary;
  }
  output.say(reportView(report, anchors, output.paint), report);
  return undefined;
}
