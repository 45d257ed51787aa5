import { type Command, flagOption } from '../shell/context.ts';
import { openInBrowser } from '../shell/open-page.ts';
import { buildPages, mustBuild } from '../shell/workbench-pages.ts';

/** `ioi workbench`: the node in a browser, by a link that is good once. */
export const workbench: Command = async ({ daemon, guardian, output }, _args, options) => {
  if (flagOption(options, 'close')) {
    await daemon.closeWorkbench();
    output.say(['closed: every tab needs a new link'], { closed: true });
    return undefined;
  }
  if (mustBuild()) {
    output.note('building the pages, once');
    await buildPages();
  }
  const opened = await daemon.openWorkbench();
  // Where decisions are taken the guardian says, not the daemon.
  const { origin } = await guardian.approvers();
  const url = origin === undefined ? opened.url : `${opened.url}&decide=${origin}`;
  output.say([url], { url });
  if (flagOption(options, 'browser')) openInBrowser(url);
  output.note('this link lets one tab in, within a minute; approvals stay with the guardian');
  return undefined;
};
