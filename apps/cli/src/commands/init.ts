import { readyToStart } from '../core/next-steps.ts';
import { visible } from '../core/visible.ts';
import { type Command, flagOption, textOption } from '../shell/context.ts';
import { checkUninitialised, demoPassphrase, initialise } from '../shell/initialise.ts';
import { choosePassphrase } from '../shell/prompt.ts';

/** `ioi init [--workspace DIR] [--demo]` */
export const init: Command = async ({ home, output }, _args, options) => {
  const demo = flagOption(options, 'demo');
  const making = { demo, workspace: textOption(options, 'workspace') };
  checkUninitialised(home, making);
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const isAsked = !demo || source.passphraseFile !== undefined;
  const passphrase = isAsked ? await choosePassphrase(source, output) : demoPassphrase();
  const made = await initialise(home, making, passphrase);
  const mounted = made.workspace === undefined ? [] : [`  workspace ${visible(made.workspace)}`];
  const policy = made.policy === undefined ? [] : [`  policy    ${visible(made.policy)}`];
  const kind = demo ? 'a demo node' : 'a node';
  const lines = [`made ${kind} in ${visible(home.folder)}`, ...mounted, ...policy];
  output.say([...lines, ...readyToStart(made.policy)], { home: home.folder, demo, ...made });
  return undefined;
};
