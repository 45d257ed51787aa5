import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { Shelf } from './catalogue.ts';

/** What a server offers beside its tools, as it is pinned. */
export type Words = Pick<Shelf, 'prompts' | 'resources' | 'templates'>;
export type WordsKind = keyof Words;

/** Before every name of ours among the pins: the rest are names of tools. */
const OURS = '\0';
const KEYS: { readonly [kind in WordsKind]: string } = {
  prompts: 'name',
  resources: 'uri',
  templates: 'uriTemplate',
};
/** Neither is read by a model, and what is in them may be another each time. */
const UNPINNED = ['icons', '_meta'];
const MEDIA_TYPE = /^[a-z]{1,16}\/[\w.+-]{1,64}$/i;
const TIME = /^[\dTZ:.+-]{4,40}$/;

/** Pins of all of it, and one that says that there were such pins at all. */
export function wordPins(words: Words): ReadonlyMap<string, Digest> {
  const pins = kinds().flatMap((kind) =>
    words[kind].flatMap((item) => {
      const name = pinName(kind, item);
      const pin = pinOf(item);
      return name === undefined || pin === undefined ? [] : [[name, pin] as const];
    }),
  );
  return new Map([[OURS, digestBytes(OURS)], ...pins]);
}

/** What is new or says something else, whether or not it can be pinned. */
export function unseenWords(
  words: Words,
  pins: ReadonlyMap<string, Digest>,
  changed: ReadonlySet<string>,
): ReadonlyMap<JsonObject, WordsKind> {
  const unseen = kinds().flatMap((kind) =>
    words[kind].flatMap((item) => {
      const name = pinName(kind, item);
      const isSeen = name !== undefined && pins.has(name) && !changed.has(name);
      return isSeen ? [] : [[item, kind] as const];
    }),
  );
  return new Map(unseen);
}

/** Those of pins that an older node did not keep, where it kept none of these. */
export function isOlder(known: ReadonlyMap<string, Digest>): boolean {
  return !known.has(OURS);
}

export function isOurs(name: string): boolean {
  return name.startsWith(OURS);
}

/** Of what no person has accepted: a template is left out, a resource shown without its words. */
export function seenOf(
  items: readonly JsonObject[],
  kind: Exclude<WordsKind, 'prompts'>,
  isUnseen: (item: JsonObject) => boolean,
): readonly JsonObject[] {
  return items.flatMap((item) => {
    if (!isUnseen(item)) return [item];
    return kind === 'templates' ? [] : [wordless(item)];
  });
}

/** It can be read although nobody has seen what its server says of it. */
function wordless(resource: JsonObject): JsonObject {
  const { uri = '', mimeType, size } = resource;
  return {
    name: uri,
    uri,
    ...(typeof mimeType === 'string' && MEDIA_TYPE.test(mimeType) ? { mimeType } : {}),
    ...(typeof size === 'number' ? { size } : {}),
  };
}

/** What a person reads of it before accepting it. */
export function saidOf(item: JsonObject, kind: WordsKind) {
  const told = Object.entries(item).filter(([field]) => {
    return field !== KEYS[kind] && !UNPINNED.includes(field);
  });
  return { kind, name: String(item[KEYS[kind]]), says: JSON.stringify(Object.fromEntries(told)) };
}

function kinds(): readonly WordsKind[] {
  return ['prompts', 'templates', 'resources'];
}

function pinName(kind: WordsKind, item: JsonObject): string | undefined {
  const name = item[KEYS[kind]];
  return typeof name === 'string' ? `${OURS}${kind}${OURS}${name}` : undefined;
}

/** Undefined where it has no canonical form. */
function pinOf(item: JsonObject): Digest | undefined {
  const told = Object.entries(item).filter(([field]) => !UNPINNED.includes(field));
  const digest = digestOf(Object.fromEntries(told.filter(isWord).map(timeless)));
  return digest.ok ? digest.value : undefined;
}

/** How long a resource is may be another each time; what is no number speaks. */
function isWord([field, value]: [string, JsonObject[string]]): boolean {
  return field !== 'size' || typeof value !== 'number';
}

/** When a resource last changed is no word of its server, if it is a time. */
function timeless([field, value]: [string, JsonObject[string]]) {
  if (field !== 'annotations' || !isObject(value)) return [field, value] as const;
  const { lastModified, ...kept } = value;
  const isTime = typeof lastModified === 'string' && TIME.test(lastModified);
  return [field, isTime ? kept : value] as const;
}
