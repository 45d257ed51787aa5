import type { Json } from '@ioi/canon';

export type JsonObject = { readonly [name: string]: Json };

/** Where in a value or a declaration something does not fit; `steps` from the outside in. */
export type Fault = { readonly steps: readonly (string | number)[]; readonly message: string };

const POINTER = /^(?:\/(?:[^~/]|~[01])*){0,16}$/;

/** Steps of an RFC 6901 pointer of at most 16; undefined when the text is none. */
export function readPointer(text: unknown): readonly string[] | undefined {
  if (typeof text !== 'string' || text.length > 1024 || !POINTER.test(text)) return undefined;
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function formatPointer(steps: readonly (string | number)[]): string {
  return steps.map((s) => `/${String(s).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What stands at a place, members of objects only; undefined when nothing does. */
export function valueAt(value: Json | undefined, steps: readonly string[]): Json | undefined {
  let at = value;
  for (const step of steps) {
    if (!isObject(at) || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function within(step: string | number, fault: Fault): Fault {
  return { steps: [step, ...fault.steps], message: fault.message };
}

export function faultHere(message: string): Fault {
  return { steps: [], message };
}
