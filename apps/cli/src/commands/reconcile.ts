import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';

/** `ioi reconcile ID`: asks the driver whether an unknown effect happened, and records it. */
export const reconcile: Command = async ({ output, daemon }, [id = '']) => {
  const shown = await daemon.show(id);
  const hash = shown.action?.request_hash;
  if (hash === undefined) throw usageFault(`${id} is no action`, 'ioi log');
  const { found } = await daemon.reconcile(hash);
  output.say([`${visible(hash)}: ${visible(found)}`], { request_hash: hash, found });
  return undefined;
};
