import type { Digest } from '@ioi/canon';
import type { ActionRequest } from '@ioi/protocol';
import { REFERENCE_MARK, referenceIn, STREAM_MARK } from '../content/reference.ts';

/** A text that nobody holds any more, as the patterns it is assumed to match. */
export type AssumedText = (pattern: string) => boolean;

/** Texts that a request refers to; undefined where one is not at hand. */
export type Contents = (digest: Digest) => string | AssumedText | undefined;

export type Texts = {
  readonly read: readonly (string | AssumedText)[];
  /** Whether there is one that is not at hand. */
  readonly hasUnread: boolean;
};

type Params = ActionRequest['params'];

/** Parameters that say where an act goes, not what it brings there; other conditions read them. */
const PLACES: ReadonlySet<string> = new Set([
  'amount',
  'app',
  'destination',
  'host',
  'intents',
  'method',
  'path',
  'paths',
  'port',
  'protocol',
  'source',
]);

/**
 * Every text that a request writes or sends, however deep, in NFC: names and numbers in it too,
 * and what an encoded address says.
 */
export function readTexts(params: Params, contents: Contents | undefined): Texts {
  const read: (string | AssumedText)[] = [];
  let hasUnread = false;
  for (const leaf of leavesOf(params)) {
    const text = typeof leaf === 'string' ? leaf : textBehind(leaf, contents);
    if (typeof text === 'string') read.push(...spellingsOf(text));
    else if (typeof text === 'function') read.push(text);
    else hasUnread = true;
  }
  return { read, hasUnread };
}

/** Digests of the texts that a request only refers to, each once, sorted. */
export function referredTexts(params: Params): readonly Digest[] {
  const digests = leavesOf(params).flatMap((leaf) => digestIn(leaf) ?? []);
  return [...new Set(digests)].sort();
}

/** What has one of these is read where its text is at hand, and else not at all. */
const MARKS = [REFERENCE_MARK, STREAM_MARK];

type Leaf = string | { readonly reference: object };

function textBehind(leaf: Leaf, contents: Contents | undefined): ReturnType<Contents> {
  const digest = digestIn(leaf);
  return digest && contents?.(digest);
}

/** Undefined for a text, and for what only looks like a reference. */
function digestIn(leaf: Leaf): Digest | undefined {
  return typeof leaf === 'string' ? undefined : referenceIn(leaf.reference)?.$payload;
}

/** Texts, and references to texts. Not by recursion: parameters may be nested very deep. */
function leavesOf(params: Params): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const waiting = Object.entries(params)
    .filter(([name]) => !PLACES.has(name))
    .map(([, value]): unknown => value);
  for (let next = waiting.pop(); next !== undefined || waiting.length > 0; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) leaves.push(String(next));
    else if (MARKS.some((mark) => Object.hasOwn(next, mark))) leaves.push({ reference: next });
    else {
      if (!Array.isArray(next)) leaves.push(...Object.keys(next));
      waiting.push(...Object.values(next));
    }
  }
  return leaves;
}

/** As it is written, and as an address means it. */
function spellingsOf(text: string): readonly string[] {
  const written = text.normalize('NFC');
  if (!ENCODED.test(text)) return [written];
  const meant = text.replaceAll('+', ' ').replaceAll(ENCODED_RUN, decodeRun).normalize('NFC');
  return [written, meant];
}

const ENCODED = /%[0-9A-Fa-f]{2}/;
const ENCODED_RUN = /(?:%[0-9A-Fa-f]{2})+/g;

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    // Not UTF-8, and so not a text that means something else.
    return run;
  }
}
