import type { Act } from './acts.ts';
import { words } from './words.ts';

/** How people ask for an act. English only. */
const ASKED: { readonly [A in Act]: ReadonlySet<string> } = {
  send: words('send pay transfer refund reply respond forward post submit publish notify'),
  create: words('create add schedule book plan write save set reserve register draft'),
  update: words(
    'update change modify adjust edit reschedule move rename set append add correct replace',
  ),
  delete: words('delete remove cancel erase discard drop clear revoke unsubscribe'),
  share: words('share invite grant'),
  buy: words('buy order book reserve purchase rent subscribe'),
};

/** They are nouns as well, so what follows has to tell: `order the books`, no `order history`. */
const NOUNS = words(
  'transfer refund reply respond forward post schedule book plan save set reserve register draft',
  'update change move edit correct cancel drop clear share grant order purchase rent',
);
const OBJECTS = words(
  'a an the my our your his her their its this that these those it them him us all every each',
  'both some another one two three up back to',
);

const POLITE = '(?:(?:please|kindly|also|then|just|now|next|finally|first|afterwards|so) )';
const WISHED = "(?:(?:i|we)(?: would|'d)? (?:want|need|like)(?: you)? to )";
const ABLE = '(?:(?:can|could|would|will) you (?:help me )?)';
/** What stands before a verb that asks: nothing, `please`, `and`, `I want to`, `can you`. */
const OPENING = new RegExp(
  `(?:^|, |: |\\band )${POLITE}*(?:${WISHED}|${ABLE})?${POLITE}*$` +
    `|\\bplease ${POLITE}*$|\\b(?:sure|remember|and) to ${POLITE}*$`,
);
/** So many words that a noun would be out of place. */
const STRONG = new RegExp(`(?:${WISHED}|${ABLE}|\\bplease |\\b(?:sure|remember) to )${POLITE}*$`);
const NEGATIONS = words(
  'not never no nothing none nobody neither nor without cannot avoid forbidden stop dont',
);
const NOTHING = words('no nothing none nobody neither never not');
/** A sentence that wants to know: one that begins so, or ends in a question mark and begins so. */
const WONDERING = /^(?:and |so |but )*(?:who|whom|whose|what|when|where|which|why|how)\b/;
const ASKING =
  /^(?:and |so |but )*(?:is|are|am|was|were|do|does|did|has|have|had|should|may|any)\b/;
/** A sentence that tells something goes on telling it after `and`. */
const TELLING = /^(?:i|we|you|they|he|she|it|my|our|his|her|their|the|there|this|that)\b/;
const GOING_ON = new RegExp(`\\band ${POLITE}*$`);
const WISHING = new RegExp(`${WISHED}|${ABLE}|\\bplease `);
const PLEASE = new RegExp(`\\bplease ${POLITE}*$`);

/**
 * Whether a task in a person's words asks for an act of this kind: one of its verbs stands where
 * English asks, in a sentence that is no question and has no negation before it. What is quoted
 * asks for nothing. Wishes in other forms are missed; words that only look like a wish can still
 * be taken for one, so where an act goes has to be trusted as well.
 */
export function isRequested(act: Act, objective: string): boolean {
  return sentencesOf(objective).some((sentence) => asksFor(ASKED[act], sentence));
}

type Sentence = { readonly words: readonly string[]; readonly isQuestion: boolean };

function asksFor(verbs: ReadonlySet<string>, { words: said, isQuestion }: Sentence): boolean {
  return said.some((word, at) => {
    if (!verbs.has(word)) return false;
    const before = said.slice(0, at).map((each) => `${each} `);
    const lead = before.join('').replaceAll(' ,', ',').replaceAll(' :', ':');
    const next = said[at + 1] ?? '';
    if (!OPENING.test(lead) || isNegated(said.slice(0, at)) || NOTHING.has(next)) return false;
    const isAsking = WONDERING.test(lead) || (isQuestion && ASKING.test(lead));
    const isTelling = TELLING.test(lead) && GOING_ON.test(lead) && !WISHING.test(lead);
    if ((isAsking || isTelling) && !PLEASE.test(lead)) return false;
    return !NOUNS.has(word) || STRONG.test(lead) || isObject(next, said[at + 2]);
  });
}

function isNegated(said: readonly string[]): boolean {
  return said.some((word) => NEGATIONS.has(word) || word.endsWith("n't"));
}

/** A word that a verb can have after it, and a noun hardly. */
function isObject(word: string, after: string | undefined): boolean {
  if (word === 'to') return after !== undefined && after !== 'me';
  return OBJECTS.has(word) || /[\d@"]/.test(word);
}

/** Quotes become one word each; `don't forget to` becomes `remember to`. */
function sentencesOf(objective: string): Sentence[] {
  const plain = objective
    .normalize('NFKC')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/"[^"]*"|`[^`]*`|(?<![\p{L}\p{N}])'[^'\n]*(?:'(?=[\p{L}\p{N}])[^'\n]*)*'/gu, ' "0" ')
    .toLowerCase()
    .replace(/\b(?:do not|don't|dont|never) forget\b/g, 'remember');
  return withoutForbidden(plain)
    .split(/(?<=[.!?;])(?=\s)|\n/)
    .map((text) => ({ words: tokensOf(text), isQuestion: /\?\s*$/.test(text) }));
}

/** Without lists below a line that forbids: `Do not:` and what follows by dashes or numbers. */
function withoutForbidden(text: string): string {
  const lines = text.split('\n');
  const kept: string[] = [];
  let isForbidden = false;
  for (const line of lines) {
    const isItem = /^\s*(?:[-*•]|\d+[.)])/.test(line);
    isForbidden = isItem ? isForbidden : /:\s*$/.test(line) && isNegated(tokensOf(line));
    if (!isForbidden) kept.push(line);
  }
  return kept.join('\n');
}

/** Words, commas and colons; what numbers an item or marks it is none. */
function tokensOf(text: string): string[] {
  const [...tokens] = text
    .replace(/^\s*(?:[-*•]|\d+[.)])+\s*/, '')
    .matchAll(/[\p{L}\p{N}"](?:[\p{L}\p{N}'"@_+&./-]*[\p{L}\p{N}"])?|[,:]|[–—]|(?<=\s)-(?=\s)/gu);
  return tokens.map(([token]) => (/^[–—-]$/.test(token) ? ',' : token));
}
