import { setTimeout as sleep } from 'node:timers/promises';
import { shortName } from '../../core/row-view.ts';
import { visible } from '../../core/visible.ts';
import { type Command, type Context, textOption } from '../../shell/context.ts';
import { CommandFault } from '../../shell/fault.ts';
import { withProgress } from '../../shell/progress.ts';
import { findProjection } from '../query.ts';

const POLL_MS = 100;

/**
 * `ioi agentgres rebuild-projection NAME [--domain D]`: folds it again from the log. What serves
 * goes on until the new one is at the same watermark.
 */
export const rebuildProjection: Command = async (context, [name = ''], options) => {
  const { daemon, output } = context;
  const domain = textOption(options, 'domain');
  const { projection } = await findProjection(context, name, domain);
  const before = performance.now();
  await daemon.rebuild(projection, domain);
  await withProgress(output, 'rebuilding', async (tell) => {
    for (;;) {
      const { done, of } = await progressOf(context, projection, domain);
      tell(done, of);
      if (done >= of) return;
      await sleep(POLL_MS);
    }
  });
  const built = await findProjection(context, name, domain);
  const elapsed_ms = Math.round(performance.now() - before);
  const { rows, watermark } = built;
  const line = `rebuilt ${visible(shortName(projection))}: ${rows} rows at ${watermark}`;
  output.say([line], { projection, rows, watermark, elapsed_ms });
  return undefined;
};

async function progressOf({ daemon }: Context, projection: string, domain: string | undefined) {
  const page = await daemon.projections(domain);
  const found = page.projections.find((each) => each.projection === projection);
  if (found === undefined || found.state === 'stopped') throw stopped(projection);
  const isDone = found.state === 'serving';
  return {
    done: isDone ? page.size : (found.building_size ?? 0),
    of: page.size + (isDone ? 0 : 1),
  };
}

function stopped(projection: string): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'projection.stopped',
    message: `${projection} is folded no further: its log cannot be read`,
    next: 'ioi agentgres doctor',
  });
}
