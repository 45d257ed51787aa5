import type { WasmReader } from '@ioi/law';

/** Code that runs the same everywhere: what is not listed here is refused by its number. */
const NONE: ReadonlySet<number> = new Set([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b]);
const INDEX: ReadonlySet<number> = new Set([0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24]);
const BLOCK: ReadonlySet<number> = new Set([0x02, 0x03, 0x04]);
export const LOOP = 0x03;
const [NOTHING, SIGN] = [0x40, 0x40];
const [FIRST_TYPE, LAST_TYPE] = [0x7c, 0x7f];
const BR_TABLE = 0x0e;
const CALL_INDIRECT = 0x11;
const [FIRST_MEMORY, LAST_MEMORY] = [0x28, 0x3e];
const [MEMORY_SIZE, MEMORY_GROW] = [0x3f, 0x40];
const [I32_CONST, I64_CONST, F32_CONST, F64_CONST] = [0x41, 0x42, 0x43, 0x44];
const [FIRST_NUMERIC, LAST_NUMERIC] = [0x45, 0xc4];
const MORE = 0xfc;
const MULTI_MEMORY = 0x40;
/** Immediates below 0xfc: numbers, and bytes that are 0. */
const BULK: Readonly<Record<number, readonly ('u32' | 'zero')[]>> = {
  ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [at, []])),
  8: ['u32', 'zero'],
  9: ['u32'],
  10: ['zero', 'zero'],
  11: ['zero'],
};

/** Whether it is the type of a number: i32, i64, f32 or f64. */
export function isNumber(type: number): boolean {
  return type >= FIRST_TYPE && type <= LAST_TYPE;
}

/** Past one instruction; its code, or undefined where it is one that is not allowed. */
export function skipInstruction(reader: WasmReader): number | undefined {
  const code = reader.byte();
  if (NONE.has(code)) return code;
  if (INDEX.has(code)) reader.u32();
  else if (BLOCK.has(code)) return skipBlockType(reader) ? code : undefined;
  else if (code >= FIRST_MEMORY && code <= LAST_MEMORY) {
    if (reader.u32() >= MULTI_MEMORY) return undefined;
    reader.u32();
  } else if (code >= FIRST_NUMERIC && code <= LAST_NUMERIC) return code;
  else return skipOther(code, reader) ? code : undefined;
  return code;
}

/** Nothing, a number, or the index of a type: whatever else there is may take more than a byte. */
function skipBlockType(reader: WasmReader): boolean {
  const from = reader.at;
  const first = reader.byte();
  if (first === NOTHING || isNumber(first)) return true;
  reader.at = from;
  reader.skipLeb(5);
  return ((reader.bytes[reader.at - 1] ?? SIGN) & SIGN) === 0;
}

function skipOther(code: number, reader: WasmReader): boolean {
  switch (code) {
    case BR_TABLE:
      for (let left = reader.u32() + 1; left > 0; left -= 1) reader.u32();
      return true;
    case CALL_INDIRECT:
      reader.u32();
      return reader.u32() === 0;
    case MEMORY_SIZE:
    case MEMORY_GROW:
      return reader.byte() === 0;
    case I32_CONST:
      reader.skipLeb(5);
      return true;
    case I64_CONST:
      reader.skipLeb(10);
      return true;
    case F32_CONST:
      reader.take(4);
      return true;
    case F64_CONST:
      reader.take(8);
      return true;
    case MORE:
      return skipBulk(reader);
    default:
      return false;
  }
}

function skipBulk(reader: WasmReader): boolean {
  const kinds = BULK[reader.u32()];
  return (
    kinds?.every((kind) => {
      if (kind === 'zero') return reader.byte() === 0;
      reader.u32();
      return true;
    }) === true
  );
}
