import type { Json } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';
import type { ListedTool } from './answer.ts';

/** Texts of one tool, in characters; what is beyond is not looked at, and is itself a sign. */
const MOST_CHARACTERS = 200_000;
const MOST_NODES = 20_000;
/** Descriptions are read by people too. */
const LONG_DESCRIPTION = 10_000;
const LONG_TEXT = 4_000;

// Each is matched in time linear in the text: every repetition is bounded.
const GAP = '\\s{1,4}';
const FILLERS = `(?:(?:all|any|of|the|your|my|this|it|anything|to)${GAP}){0,3}`;
const SIGNS: readonly (readonly [string, RegExp])[] = [
  // Zero width, direction marks, tags, and variation selectors beyond those of emoji.
  [
    'unicode.invisible',
    /[\u00ad\u180e\u200b\u200c\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]|[\u{e0100}-\u{e01ef}]/u,
  ],
  ['unicode.bidirectional', /[\u202a-\u202e\u2066-\u2069]/u],
  ['unicode.control', /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/u],
  [
    'instruction.override',
    phrase(
      '(?:ignore|disregard|forget|override)',
      `${FILLERS}(?:previous|prior|earlier|preceding|above|system)`,
    ),
  ],
  [
    'instruction.secrecy',
    phrase(
      `(?:do${GAP}not|don['’]t|never|without)`,
      '(?:tell|inform|notify|mention|reveal|show|alert|ask)(?:ing)?',
      `${FILLERS}user`,
    ),
  ],
  [
    'instruction.precedence',
    phrase(
      `(?:before|prior${GAP}to|instead${GAP}of)`,
      '(?:using|calling|invoking|running)',
      '(?:any|every|all)',
      'other',
      'tools?',
    ),
  ],
  ['markup.hidden', /<\s{0,4}\/?(?:important|system|instructions?|secret|hidden)\s{0,4}>/iu],
  ['markup.comment', /<!--/u],
  ['reference.secret_file', /(?:~|\/)\.(?:ssh|aws|gnupg|kube|netrc|cursor)\b/iu],
  ['reference.secret_file', /\bid_(?:rsa|ed25519)\b|\/etc\/(?:passwd|shadow)\b|\bmcp\.json\b/iu],
];

function phrase(...words: readonly string[]): RegExp {
  return new RegExp(`\\b${words.join(GAP)}\\b`, 'iu');
}

/**
 * Signs that what a tool says of itself was written for a model to obey rather than to read
 * (names of attacks on tool metadata). Conservative: each is something honest descriptions lack,
 * and none of them proves anything. Sorted, each once. `others` are the names of other tools.
 */
export function poisonSigns(listed: ListedTool, others: readonly string[] = []): readonly string[] {
  const texts = textsOf(listed);
  const signs = new Set<string>(texts.isCut ? ['text.overlong'] : []);
  const { description } = listed;
  if (typeof description === 'string' && description.length > LONG_DESCRIPTION) {
    signs.add('text.overlong');
  }
  for (const text of texts.inSchema) if (text.length > LONG_TEXT) signs.add('text.overlong');
  const all = [...texts.own, ...texts.inSchema];
  for (const text of all) {
    for (const [sign, pattern] of SIGNS) if (pattern.test(text)) signs.add(sign);
  }
  if (mentionsOther(listed.name, all, others)) signs.add('reference.other_tool');
  return [...signs].sort();
}

type Texts = {
  readonly own: readonly string[];
  readonly inSchema: readonly string[];
  readonly isCut: boolean;
};

/** Every text a model may be shown, the names of members among them. */
function textsOf(listed: ListedTool): Texts {
  const { name, title, description, inputSchema, outputSchema, annotations } = listed;
  const own = [name, title, description].filter((each) => typeof each === 'string');
  const inSchema: string[] = [];
  const places: Json[] = [inputSchema, outputSchema ?? null, annotations ?? null];
  let characters = own.reduce((sum, text) => sum + text.length, 0);
  let nodes = 0;
  while (places.length > 0 && nodes < MOST_NODES && characters < MOST_CHARACTERS) {
    const at = places.pop() ?? null;
    nodes += 1;
    if (typeof at === 'string') {
      inSchema.push(at);
      characters += at.length;
    } else if (Array.isArray(at)) places.push(...at);
    else if (isObject(at)) places.push(...Object.keys(at), ...Object.values(at));
  }
  const cut = own.map((text) => text.slice(0, MOST_CHARACTERS));
  return { own: cut, inSchema, isCut: places.length > 0 || characters >= MOST_CHARACTERS };
}

/** Names of one plain word are also words, so only names that are clearly names count. */
function mentionsOther(name: string, texts: readonly string[], others: readonly string[]): boolean {
  const names = new Set(others.filter((each) => each !== name && /[_-]|[a-z][A-Z]/.test(each)));
  if (names.size === 0) return false;
  return texts.some((text) => {
    for (const [word] of text.matchAll(/[A-Za-z0-9_-]{1,128}/g)) if (names.has(word)) return true;
    return false;
  });
}
