import { visible } from '../../core/visible.ts';
import { type Command, needNode, textOption } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { askPhraseProgram } from '../../shell/owner-identity.ts';
import { phrasePlace, readPhrase, tellPhrase } from '../../shell/phrase-input.ts';
import { readPassphrase } from '../../shell/prompt.ts';

/** `ioi wallet phrase check`: whether the words on paper are this node's. */
export const phraseCheck: Command = async ({ home, output }, _args, options) => {
  needNode(home);
  const phrase = await readPhrase(options, output);
  const { did, isOwner } = await askPhraseProgram(home, { kind: 'check', phrase }, 'checked');
  const said = isOwner
    ? `the phrase is that of this node's owner, ${did}`
    : `the phrase is whole, but of another owner: ${did}`;
  output.say([said], { did, is_owner: isOwner });
  return isOwner ? undefined : 'unverified';
};

/** `ioi wallet phrase show`: where it was kept, and to a person or a private file only. */
export const phraseShow: Command = async ({ home, output }, _args, options) => {
  needNode(home);
  const place = phrasePlace(options, output);
  if (place.kind === 'nowhere') {
    const message = 'a recovery phrase is shown at a terminal, or written to a private file';
    throw usageFault(message, 'the same command with --phrase-out FILE');
  }
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const passphrase = await readPassphrase(source, output);
  const { phrase } = await askPhraseProgram(home, { kind: 'show', passphrase }, 'phrase');
  await tellPhrase(phrase, place);
  const path = place.kind === 'file' ? place.path : undefined;
  const where = path === undefined ? 'shown' : `written to ${visible(path)}`;
  const lines = [where, 'next: ioi wallet phrase check, then ioi wallet phrase forget'];
  output.say(lines, path === undefined ? { shown: true } : { file: path });
  return undefined;
};

/** `ioi wallet phrase forget`: what is kept here is deleted; the one on paper stays what it is. */
export const phraseForget: Command = async ({ home, output }) => {
  needNode(home);
  const { was } = await askPhraseProgram(home, { kind: 'forget' }, 'forgotten');
  output.say([was ? 'the phrase is no longer kept here' : 'no phrase was kept here'], { was });
  return undefined;
};
