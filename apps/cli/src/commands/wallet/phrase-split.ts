import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assert } from '@ioi/basis';
import { entropyOf, joinShares, MOST_SHARES, splitSecret } from '@ioi/crypto/phrase';
import { visible } from '../../core/visible.ts';
import { type Command, countOption, type Options, textOption } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { askPhraseProgram } from '../../shell/owner-identity.ts';
import { type PhrasePlace, phrasePlace, readPhrase, tellWords } from '../../shell/phrase-input.ts';
import { saveNew } from '../../shell/save-new.ts';

/**
 * `ioi wallet phrase split --threshold 2 --shares 3`: lists of words for as many people, any two of
 * which restore the owner and fewer tell nothing (SLIP-0039). The phrase stays what it is.
 */
export const phraseSplit: Command = async ({ home, output }, _args, options) => {
  const splitting = splittingIn(options);
  const { threshold, shares } = splitting;
  const folder = textOption(options, 'sharesOut');
  const shown = phrasePlace({}, output);
  if (folder === undefined && shown.kind === 'nowhere') {
    const message = 'shares are shown at a terminal, or written to private files';
    throw usageFault(message, 'the same command with --shares-out FOLDER');
  }
  const files = folder === undefined ? [] : newFiles(resolve(folder), shares);
  const phrase = await readPhrase(options, output);
  if (existsSync(home.guardian)) {
    const job = { kind: 'check', phrase } as const;
    const { did, isOwner } = await askPhraseProgram(home, job, 'checked');
    if (!isOwner) output.note(`this phrase is not that of this node: it is of ${did}`);
  }
  const texts = sharesOf(phrase, splitting);
  if (folder === undefined) await showShares(texts, shown, threshold);
  else saveShares(texts, files);
  const where = folder === undefined ? 'shown' : `written to ${visible(folder)}`;
  const lines = [
    `${shares} shares ${where}; any ${threshold} restore the owner, with no need of the phrase`,
    'next: ioi wallet phrase check, with shares instead of the phrase',
  ];
  output.say(lines, { threshold, shares, ...(folder === undefined ? {} : { files }) });
  return undefined;
};

async function showShares(
  texts: readonly string[],
  place: PhrasePlace,
  threshold: number,
): Promise<void> {
  for (const [at, text] of texts.entries()) {
    await tellWords(text, place, [
      `Share ${at + 1} of ${texts.length}. Any ${threshold} of them are as good as the recovery`,
      'phrase, and fewer tell nothing. Write it on paper, in order; give each to another keeper or',
      'place.',
    ]);
  }
}

/** All of them or none: part of a set that was given up may still be as good as the phrase. */
function saveShares(texts: readonly string[], files: readonly string[]): void {
  const written: string[] = [];
  try {
    for (const [at, path] of files.entries()) {
      saveNew(path, `${texts[at] ?? ''}\n`);
      written.push(path);
    }
  } catch (fault) {
    for (const path of written) rmSync(path, { force: true });
    throw fault;
  }
}

type Sizes = { readonly threshold: number; readonly shares: number };

function splittingIn(options: Options): Sizes {
  const threshold = countOption(options, 'threshold', 2);
  const shares = countOption(options, 'shares', 3);
  if (threshold >= 2 && threshold <= shares && shares <= MOST_SHARES) return { threshold, shares };
  const sizes = `a set has 2 to ${MOST_SHARES} shares, and it takes 2 of them or more`;
  const next = 'ioi wallet phrase split --threshold 2 --shares 3';
  throw usageFault(`${sizes}: not ${threshold} of ${shares}`, next);
}

/** None of them is there yet: half a set beside half of another is no set. */
function newFiles(folder: string, count: number): string[] {
  // One that is there stays as open as it is: it may be everybody's.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = Array.from({ length: count }, (_, at) => join(folder, `share-${at + 1}`));
  const found = files.find((path) => existsSync(path));
  if (found !== undefined) throw usageFault(`${found} is there already`, 'another --shares-out');
  return files;
}

function sharesOf(phrase: string, sizes: Sizes): readonly string[] {
  const entropy = entropyOf(phrase);
  assert(entropy.ok, 'what was read is a phrase');
  const texts = splitSecret(entropy.value, { ...sizes, random: (size) => randomBytes(size) });
  // Shares are for the day when nothing else is left.
  const joined = joinShares(texts.slice(-sizes.threshold));
  assert(
    joined.ok && Buffer.from(entropy.value).equals(joined.value),
    'the shares tell the phrase',
  );
  return texts;
}
