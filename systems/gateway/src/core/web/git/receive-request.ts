import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { RefUpdate } from './push.ts';

/** A request to git-receive-pack (git's protocol-v0 `pack-protocol`), but for its pack. */
export type ReceiveRequest = {
  readonly updates: readonly RefUpdate[];
  readonly options: readonly string[];
  /** Hex digits in the name of an object. */
  readonly digits: 40 | 64;
  /** Where the pack begins; absent where none is sent. */
  readonly packAt?: number;
};

type Lines = { readonly lines: readonly Uint8Array[]; readonly next: number };

const MOST_UPDATES = 256;
const MOST_OPTIONS = 64;
const LONGEST_LINE = 4096;
const SHALLOW = /^shallow [0-9a-f]{40}([0-9a-f]{24})?$/;
const UPDATE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/.{1,480})$/;
/** What git itself refuses in the name of a ref (git-check-ref-format). */
const NO_REF = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|[./]$/;
const NOTHING = /^0+$/;

/** Undefined for one that asks for nothing, as git sends before a long one. */
export function readReceiveRequest(bytes: Uint8Array): Result<ReceiveRequest | undefined, string> {
  const sent = readLines(bytes, 0);
  if (!sent.ok) return sent;
  const { lines, next } = sent.value;
  if (lines.length === 0) return next === bytes.length ? ok(undefined) : err('words after nothing');
  const first = lines[0] ?? new Uint8Array();
  const zero = first.indexOf(0);
  const capabilities = zero < 0 ? '' : decodeUtf8(first.subarray(zero + 1));
  if (capabilities === undefined) return err('its capabilities are no text');
  const said = capabilities.trim().split(' ');
  const updates: RefUpdate[] = [];
  for (const [at, line] of lines.entries()) {
    const text = textOf(at === 0 && zero >= 0 ? line.subarray(0, zero) : line);
    if (text === undefined) return err('a line is no text');
    if (SHALLOW.test(text)) continue;
    const update = updateIn(text);
    if (update === undefined) return err('a line is neither an update of a ref nor a shallow one');
    updates.push(update);
  }
  return inOrder({ bytes, updates, said, next });
}

type Said = {
  readonly bytes: Uint8Array;
  readonly updates: readonly RefUpdate[];
  readonly said: readonly string[];
  readonly next: number;
};

function inOrder({ bytes, updates, said, next }: Said): Result<ReceiveRequest, string> {
  const digits = said.includes('object-format=sha256') ? 64 : 40;
  if (updates.length === 0) return err('it names no ref');
  if (updates.length > MOST_UPDATES) return err(`more than ${MOST_UPDATES} refs`);
  if (updates.some(({ old, new: made }) => old.length !== digits || made.length !== digits)) {
    return err('names of objects have another length than was agreed on');
  }
  if (new Set(updates.map(({ ref }) => ref)).size < updates.length) return err('a ref twice');
  const options = said.includes('push-options') ? readLines(bytes, next) : undefined;
  if (options !== undefined && !options.ok) return options;
  const words = options?.value.lines.map(textOf) ?? [];
  const known = words.filter((word) => word !== undefined);
  if (known.length < words.length || words.length > MOST_OPTIONS) return err('its options');
  const packAt = options?.value.next ?? next;
  const about = { updates, options: known, digits } as const;
  return ok(packAt < bytes.length ? { ...about, packAt } : about);
}

function updateIn(text: string): RefUpdate | undefined {
  const [, old, made, ref] = UPDATE.exec(text) ?? [];
  if (old === undefined || made === undefined || ref === undefined) return undefined;
  if (NO_REF.test(ref) || (NOTHING.test(old) && NOTHING.test(made))) return undefined;
  return { ref, old, new: made };
}

/** Up to the next flush. Each begins with its length in four hex digits, those included. */
function readLines(bytes: Uint8Array, from: number): Result<Lines, string> {
  const lines: Uint8Array[] = [];
  for (let at = from; at + 4 <= bytes.length; ) {
    const digits = decodeUtf8(bytes.subarray(at, at + 4)) ?? '';
    const length = /^[0-9a-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (length === 0) return ok({ lines, next: at + 4 });
    if (!(length > 4 && length <= LONGEST_LINE && at + length <= bytes.length)) break;
    if (lines.length > MOST_UPDATES * 2) return err('too many lines');
    lines.push(bytes.subarray(at + 4, at + length));
    at += length;
  }
  return err('its lines have no end');
}

function textOf(line: Uint8Array): string | undefined {
  const text = decodeUtf8(line)?.replace(/\n$/, '');
  return text === undefined || /[\x00-\x1f\x7f]/.test(text) ? undefined : text;
}
