import type { ImagePart, NumberName, Numbers, Part, TextPart, Turn } from './neutral.ts';
import { NUMBERS } from './neutral.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What could not be read or said, by name; the first is told. */
export type Unsaid = { note(what: string): void };

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsIn(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function countIn(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}

/** An object, or none; anything else that stands there is noted. */
export function objectOrNone(value: unknown, place: string, unsaid: Unsaid): Fields {
  const isOne = value === undefined || value === null || isFields(value);
  if (!isOne) unsaid.note(`${place}, which is no object,`);
  return fieldsIn(value);
}

/** What takes nothing has a schema that says so. */
export function schemaIn(value: unknown, place: string, unsaid: Unsaid): Fields {
  objectOrNone(value, `${place}schema`, unsaid);
  return isFields(value) ? value : { type: 'object', properties: {} };
}

/** An object of JSON; nothing at all counts as one without members. */
export function objectIn(text: string): Fields | undefined {
  if (text.trim() === '') return {};
  try {
    const read: unknown = JSON.parse(text);
    return isFields(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** Anything said beside what is known has a meaning that would be lost. */
export function allKnown(
  fields: Fields,
  known: readonly string[],
  place: string,
  unsaid: Unsaid,
): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined || known.includes(name)) continue;
    unsaid.note(`${place}${name}`);
  }
}

/** A list of objects; whatever else stands there is noted. */
export function objectsIn(value: unknown, place: string, unsaid: Unsaid): readonly Fields[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isFields)) {
    unsaid.note(place);
    return [];
  }
  return value;
}

const MOST_NESTED = 64;

/** Whether something stands in so much else that no reader should be made to follow. */
export function isTooDeep(value: unknown, left = MOST_NESTED): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((each) => isTooDeep(each, left - 1));
}

/** Whether it is written as it was read: of a number too large some digits are lost. */
export function isKept(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return typeof value !== 'object' || value === null || Object.values(value).every(isKept);
}

/** Of each speaker one turn after the other; nothing empty. */
export function joined(turns: readonly Turn[]): readonly Turn[] {
  const all: { by: Turn['by']; parts: Part[] }[] = [];
  for (const { by, parts } of turns) {
    const said = parts.filter((each) => each.kind !== 'text' || each.text !== '');
    if (said.length === 0) continue;
    const last = all.at(-1);
    if (last?.by === by) last.parts.push(...said);
    else all.push({ by, parts: [...said] });
  }
  return all;
}

export function textPart(text: string): TextPart {
  return { kind: 'text', text };
}

type Names = { readonly [name in NumberName]?: string };

export function numbersIn(fields: Fields, names: Names, unsaid: Unsaid): Numbers {
  const found: { [name in NumberName]?: number } = {};
  for (const each of NUMBERS) {
    const name = names[each];
    const value = name === undefined ? undefined : fields[name];
    if (value === undefined || value === null) continue;
    if (typeof value === 'number' && Number.isFinite(value)) found[each] = value;
    else unsaid.note(`${name}, which is no number,`);
  }
  return found;
}

/** Which of how many likely words one is drawn from is left to a server that has no word for it. */
const LEFT: readonly NumberName[] = ['top_k'];

export function numbersFor(numbers: Numbers, names: Names, unsaid: Unsaid): Fields {
  const said = NUMBERS.flatMap((each): [string, number][] => {
    const value = numbers[each];
    const name = names[each];
    if (value === undefined) return [];
    if (name !== undefined) return [[name, value]];
    // Nothing is added by a penalty of nothing.
    if (!LEFT.includes(each) && !(each.endsWith('penalty') && value === 0)) unsaid.note(each);
    return [];
  });
  return Object.fromEntries(said);
}

export function stopsIn(value: unknown, place: string, unsaid: Unsaid): readonly string[] {
  if (value === undefined || value === null) return [];
  const list = typeof value === 'string' ? [value] : listIn(value);
  if (Array.isArray(value) || typeof value === 'string') {
    if (list.every((each) => typeof each === 'string')) return list;
  }
  unsaid.note(`${place}, which is no list of texts,`);
  return [];
}

const IMAGE = /^image\/(?:png|jpeg|gif|webp)$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A picture by its bytes; what is none of the four kinds that all know is noted. */
export function pictureOf(
  media: unknown,
  data: unknown,
  place: string,
  unsaid: Unsaid,
): readonly ImagePart[] {
  if (typeof media === 'string' && IMAGE.test(media)) {
    if (typeof data === 'string' && BASE64.test(data)) return [{ kind: 'image', media, data }];
  }
  unsaid.note(`${place}, which is no png, jpeg, gif or webp by base64,`);
  return [];
}

/** A picture by an address, which may hold its bytes. */
export function linkedPicture(url: unknown, place: string, unsaid: Unsaid): readonly ImagePart[] {
  const [, media, data] = /^data:([^;,]+);base64,(.*)$/s.exec(textIn(url)) ?? [];
  if (media !== undefined) return pictureOf(media, data, place, unsaid);
  if (typeof url === 'string' && /^https?:\/\//.test(url)) return [{ kind: 'linked', url }];
  unsaid.note(`${place} that is no address`);
  return [];
}

export function addressOf(part: Extract<Part, { kind: 'image' | 'linked' }>): string {
  return part.kind === 'linked' ? part.url : `data:${part.media};base64,${part.data}`;
}
