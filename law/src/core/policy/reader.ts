import type { Json } from '@ioi/canon';
import type { FaultList, PolicyCode } from './faults.ts';
import { nearestName } from './nearest.ts';

/** What reading an authored policy collects besides the value. */
export type Reading = {
  readonly faults: FaultList;
  /** Unit of amounts that name none. */
  readonly unit: string;
  /** Amounts written as JSON numbers, by pointer, with the digits they were read as. */
  readonly bareAmounts: Map<string, string>;
};

export type JsonObject = { readonly [name: string]: Json };

type Fields = {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** How a name that is neither is reported. */
  readonly unknown?: PolicyCode;
};

/** Each reader reports what is wrong and gives undefined, so that one pass finds every fault. */
export function readObject(
  value: Json,
  pointer: string,
  fields: Fields,
  { faults }: Reading,
): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrongType(faults, pointer, 'an object');
  }
  const known = [...fields.required, ...fields.optional];
  let isSound = true;
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    isSound = false;
    const nearest = nearestName(name, known);
    faults.add({
      code: fields.unknown ?? 'policy.unknown_field',
      pointer: `${pointer}/${escapeStep(name)}`,
      message: `\`${name}\` means nothing here`,
      ...(nearest !== undefined && { hint: `did you mean \`${nearest}\`?` }),
    });
  }
  for (const name of fields.required) {
    if (Object.hasOwn(value, name)) continue;
    isSound = false;
    faults.add({ code: 'policy.missing_field', pointer, message: `\`${name}\` is missing` });
  }
  return isSound ? value : undefined;
}

/** NFC text of 1 to `most` code points. */
export function readText(
  value: Json,
  pointer: string,
  most: number,
  { faults }: Reading,
): string | undefined {
  if (typeof value !== 'string') return wrongType(faults, pointer, 'a string');
  const text = value.normalize('NFC');
  if (!isLengthWithin(text, most)) return outOfRange(faults, pointer, `1 to ${most} characters`);
  return text;
}

export function readCount(
  value: Json,
  pointer: string,
  range: { readonly least: number; readonly most: number },
  { faults }: Reading,
): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return wrongType(faults, pointer, 'a whole number');
  }
  if (value < range.least || value > range.most) {
    return outOfRange(faults, pointer, `${range.least} to ${range.most}`);
  }
  // JSON can write a negative zero; artifacts cannot.
  return value === 0 ? 0 : value;
}

/** Reads every item, so that each faulty one is reported; undefined when any is. */
export function readList<T>(
  value: Json,
  pointer: string,
  { least, most, item }: ListShape<T>,
  { faults }: Reading,
): T[] | undefined {
  if (!Array.isArray(value)) return wrongType(faults, pointer, 'an array');
  if (value.length < least || value.length > most) {
    return outOfRange(faults, pointer, `${least} to ${most} entries`);
  }
  const items = value.map((each, at) => item(each, `${pointer}/${at}`));
  const read = items.filter((each) => each !== undefined);
  return read.length === items.length ? read : undefined;
}

export type ListShape<T> = {
  readonly least: number;
  readonly most: number;
  readonly item: (value: Json, pointer: string) => T | undefined;
};

export function wrongType(faults: FaultList, pointer: string, wanted: string): undefined {
  return faults.add({ code: 'policy.wrong_type', pointer, message: `expected ${wanted}` });
}

function outOfRange(faults: FaultList, pointer: string, wanted: string): undefined {
  return faults.add({ code: 'policy.out_of_range', pointer, message: `expected ${wanted}` });
}

/** RFC 6901 section 3. */
function escapeStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

// Code points are never more than code units, so most texts need no counting.
function isLengthWithin(text: string, most: number): boolean {
  return text.length > 0 && (text.length <= most || [...text].length <= most);
}
