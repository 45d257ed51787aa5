import { whyView } from '../core/why-view.ts';
import type { Command } from '../shell/context.ts';

/** `ioi why ID`: which rule and which field decided, and what would have had to differ. */
export const why: Command = async ({ output, daemon }, [id = '']) => {
  const found = await daemon.why(id);
  output.say(whyView(found, output.paint), found);
  return undefined;
};
