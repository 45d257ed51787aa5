import { err, ok, type Result } from '@ioi/basis';
import { WasmCut, WasmReader, type WasmSection, wasmSections } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import type { GuestLimits } from '../guest/guest-limits.ts';
import { isNumber, LOOP, skipInstruction } from './opcodes.ts';

/** What is left of a task's work, as the metered module exports it. */
export const FUEL = 'ioi:fuel';
/** The one module that a guest may import from, and what of it. */
export const BOUNDARY = 'ioi';
const WAYS: readonly string[] = ['ask', 'say'];

const ID = { import: 2, table: 4, memory: 5, global: 6, export: 7, start: 8, code: 10 } as const;
/** The order in which sections stand, by their ids (5.5.16). */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
const PAGE_BYTES = 65_536;
const WORK_A_UNIT = 10_000;
const MOST_FUEL = 2_000_000_000;
const MOST_TABLE = 100_000;
const MOST_LOCALS = 10_000;
const MOST_FUNCTIONS = 100_000;
const FUNCTION = 0x00;
const FUNCREF = 0x70;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The same module with a count of its work: each call and each round of a loop takes one, and none
 * left is a trap. What it may import, hold and execute is bounded here, before any of it runs.
 */
export function metered(bytes: Uint8Array, limits: GuestLimits): Result<Uint8Array, Rejection> {
  const sections = wasmSections(bytes);
  if (!sections.ok) return err({ code: 'guest.syntax', message: sections.error });
  try {
    return ok(rewritten(sections.value, limits));
  } catch (fault) {
    if (fault instanceof Refused) return err({ code: fault.code, message: fault.message });
    if (!(fault instanceof WasmCut)) throw fault;
    return err({ code: 'guest.syntax', message: 'a section of it is cut short' });
  }
}

function rewritten(all: readonly WasmSection[], limits: GuestLimits): Uint8Array {
  const known = new Map<number, Uint8Array>();
  for (const { id, bytes } of all) {
    if (id === 0) continue;
    if (known.has(id)) throw new Refused('guest.syntax', `it has two sections ${id}`);
    known.set(id, bytes);
  }
  checkImports(known.get(ID.import));
  checkTable(known.get(ID.table));
  if (known.has(ID.start)) throw new Refused('guest.not_allowed', 'it has a start function');
  const fuelAt = known.has(ID.global) ? new WasmReader(sectionOf(known, ID.global)).u32() : 0;
  const fuel = Math.min(limits.work * WORK_A_UNIT, MOST_FUEL);
  known.set(ID.memory, memoryOf(known.get(ID.memory), limits));
  known.set(ID.global, moreIn(known.get(ID.global), [0x7f, 0x01, 0x41, ...sleb(fuel), 0x0b]));
  known.set(ID.export, moreIn(sectionOf(known, ID.export), exported(fuelAt)));
  known.set(ID.code, codeOf(sectionOf(known, ID.code), fuelAt));
  const unknown = [...known.keys()].find((id) => !ORDER.includes(id));
  if (unknown !== undefined) throw new Refused('guest.not_allowed', `it has a section ${unknown}`);
  const parts = ORDER.flatMap((id) => {
    const bytes = known.get(id);
    return bytes === undefined ? [] : [Uint8Array.of(id, ...leb(bytes.length)), bytes];
  });
  return joined([Uint8Array.from(HEADER), ...parts]);
}

function sectionOf(known: ReadonlyMap<number, Uint8Array>, id: number): Uint8Array {
  const bytes = known.get(id);
  if (bytes === undefined) throw new Refused('guest.not_loaded', `it has no section ${id}`);
  return bytes;
}

function checkImports(bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  const reader = new WasmReader(bytes);
  for (let left = reader.u32(); left > 0; left -= 1) {
    const [module, name, kind] = [reader.text(), reader.text(), reader.byte()];
    if (module !== BOUNDARY || !WAYS.includes(name) || kind !== FUNCTION) {
      const what = `${module}.${name}`.slice(0, 128);
      throw new Refused('guest.not_allowed', `it imports ${what}: there is ioi.ask and ioi.say`);
    }
    reader.u32();
  }
}

function checkTable(bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  const reader = new WasmReader(bytes);
  const count = reader.u32();
  const [type, flags, size] =
    count === 0 ? [FUNCREF, 0, 0] : [reader.byte(), reader.byte(), reader.u32()];
  if (count > 1 || type !== FUNCREF || flags > 0x01 || size > MOST_TABLE) {
    const message = `it has at most one table, of functions, with ${MOST_TABLE} entries`;
    throw new Refused('guest.not_allowed', message);
  }
}

/** One, of its own, which grows no further than a worker may have. */
function memoryOf(bytes: Uint8Array | undefined, limits: GuestLimits): Uint8Array {
  const reader = new WasmReader(bytes ?? Uint8Array.of(0));
  if (reader.u32() !== 1) throw new Refused('guest.not_loaded', 'it has no one memory of its own');
  const flags = reader.byte();
  if (flags > 0x01) throw new Refused('guest.not_allowed', 'its memory is shared or of 64 bits');
  const first = reader.u32();
  const own = flags === 0x01 ? reader.u32() : Number.POSITIVE_INFINITY;
  const most = Math.min(own, Math.floor(limits.memoryBytes / PAGE_BYTES));
  if (first > most)
    throw new Refused('guest.out_of_memory', 'it begins with more than it may have');
  return Uint8Array.of(1, 0x01, ...leb(first), ...leb(most));
}

function codeOf(bytes: Uint8Array, fuelAt: number): Uint8Array {
  const reader = new WasmReader(bytes);
  const count = reader.u32();
  if (count > MOST_FUNCTIONS) throw new Refused('guest.not_allowed', 'it has too many functions');
  const meter = meterOf(fuelAt);
  const bodies = Array.from({ length: count }, () => {
    const body = bodyOf(new WasmReader(reader.take(reader.u32())), meter);
    return joined([Uint8Array.from(leb(body.length)), body]);
  });
  return joined([Uint8Array.from(leb(count)), ...bodies]);
}

function bodyOf(reader: WasmReader, meter: Uint8Array): Uint8Array {
  let locals = 0;
  for (let left = reader.u32(); left > 0; left -= 1) {
    locals += reader.u32();
    if (!isNumber(reader.byte())) {
      throw new Refused('guest.not_allowed', 'a function has a local that is no number');
    }
    if (locals > MOST_LOCALS) throw new Refused('guest.not_allowed', 'a function has many locals');
  }
  const parts = [reader.bytes.subarray(0, reader.at), meter];
  let from = reader.at;
  while (!reader.isAtEnd) {
    const at = reader.at;
    const code = skipInstruction(reader);
    if (code === undefined) {
      const number = reader.bytes[at]?.toString(16);
      throw new Refused(
        'guest.not_allowed',
        `it has an instruction 0x${number} that is not run here`,
      );
    }
    if (code !== LOOP) continue;
    parts.push(reader.bytes.subarray(from, reader.at), meter);
    from = reader.at;
  }
  return joined([...parts, reader.bytes.subarray(from)]);
}

/** `if (fuel == 0) unreachable; fuel -= 1` */
function meterOf(at: number): Uint8Array {
  const fuel = leb(at);
  const spent = [0x23, ...fuel, 0x45, 0x04, 0x40, 0x00, 0x0b];
  return Uint8Array.of(...spent, 0x23, ...fuel, 0x41, 0x01, 0x6b, 0x24, ...fuel);
}

function exported(at: number): readonly number[] {
  const name = Array.from(FUEL, (each) => each.charCodeAt(0));
  return [name.length, ...name, 0x03, ...leb(at)];
}

/** A section of one vector, with one entry more. */
function moreIn(bytes: Uint8Array | undefined, entry: readonly number[]): Uint8Array {
  const reader = new WasmReader(bytes ?? Uint8Array.of(0));
  const count = reader.u32();
  const rest = reader.bytes.subarray(reader.at);
  return joined([Uint8Array.from(leb(count + 1)), rest, Uint8Array.from(entry)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function leb(value: number): number[] {
  const low = value % 0x80;
  return value < 0x80 ? [low] : [low | 0x80, ...leb(Math.floor(value / 0x80))];
}

/** Of a number that is not negative. */
function sleb(value: number): number[] {
  return value < 0x40 ? [value] : [(value % 0x80) | 0x80, ...sleb(Math.floor(value / 0x80))];
}
