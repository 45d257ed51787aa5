import { readyToStart } from '../core/next-steps.ts';
import { visible } from '../core/visible.ts';
import { type Command, flagOption, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { checkUninitialised, demoPassphrase, initialise } from '../shell/initialise.ts';
import { type PhrasePlace, phrasePlace, readPhrase, tellPhrase } from '../shell/phrase-input.ts';
import { choosePassphrase } from '../shell/prompt.ts';

/** `ioi init [--workspace DIR] [--demo] [--from-phrase | --phrase-file FILE] [--keep-phrase]` */
export const init: Command = async ({ home, output }, _args, options) => {
  const demo = flagOption(options, 'demo');
  const making = { demo, workspace: textOption(options, 'workspace') };
  checkUninitialised(home, making);
  const isGiven = ['fromPhrase', 'phraseFile', 'shareFile'].some((each) => each in options);
  if (isGiven && 'phraseOut' in options) throw usageFault('--phrase-out is for a new phrase');
  const phrase = isGiven ? await readPhrase(options, output) : undefined;
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const isAsked = !demo || source.passphraseFile !== undefined;
  const passphrase = isAsked ? await choosePassphrase(source, output) : demoPassphrase();
  const place: PhrasePlace = demo ? { kind: 'nowhere' } : phrasePlace(options, output);
  // A phrase that nobody was told is not thrown away.
  const isUntold = !isGiven && place.kind === 'nowhere';
  const keep = isUntold || flagOption(options, 'keepPhrase');
  const tell = (words: string): Promise<void> => tellPhrase(words, place);
  const made = await initialise(home, making, { passphrase, phrase, keep, tell });
  const mounted = made.workspace === undefined ? [] : [`  workspace ${visible(made.workspace)}`];
  const policy = made.policy === undefined ? [] : [`  policy    ${visible(made.policy)}`];
  const kind = demo ? 'a demo node' : 'a node';
  const lines = [
    `made ${kind} in ${visible(home.folder)}`,
    `  owner     ${made.did}`,
    ...mounted,
    ...policy,
    ...(isUntold && !demo ? UNTOLD : []),
  ];
  const said = { home: home.folder, demo, ...made, phrase_kept: keep };
  output.say([...lines, ...readyToStart(made.policy)], said);
  return undefined;
};

const UNTOLD = ['the recovery phrase is kept here, sealed; write it down: ioi wallet phrase show'];
