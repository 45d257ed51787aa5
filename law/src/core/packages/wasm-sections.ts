import { decodeUtf8, err, ok, type Result } from '@ioi/basis';

/** One section of a module (WebAssembly 2.0, 5.5.2); `name` is that of a custom one. */
export type WasmSection = {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly name?: string;
};

const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const CUSTOM = 0;
const MOST_SECTIONS = 1000;
const MOST_LEB_BYTES = 5;
/** Where a module says which tasks it does, as JSON. */
const TASKS = 'ioi:tasks';

/** Reads forward through bytes of a stranger; whatever is beyond their end throws `WasmCut`. */
export class WasmReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new WasmCut();
    this.at += 1;
    return value;
  }

  /** An unsigned number of 32 bits (5.2.2). */
  u32(): number {
    let value = 0;
    for (let count = 0; count < MOST_LEB_BYTES; count += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * count);
      if (byte < 0x80 && value <= 0xffff_ffff) return value;
    }
    throw new WasmCut();
  }

  /** Past a number of any kind, of at most so many bytes. */
  skipLeb(mostBytes: number): void {
    for (let count = 0; count < mostBytes; count += 1) if (this.byte() < 0x80) return;
    throw new WasmCut();
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new WasmCut();
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  text(): string {
    const text = decodeUtf8(this.take(this.u32()));
    if (text === undefined) throw new WasmCut();
    return text;
  }
}

/** The bytes are no module: they end in the midst, or a number is none. */
export class WasmCut extends Error {}

/** The sections of a module, in their order. */
export function wasmSections(bytes: Uint8Array): Result<readonly WasmSection[], string> {
  const isModule = HEADER.every((each, at) => bytes[at] === each);
  if (!isModule) return err('it is no module of WebAssembly, version 1');
  const reader = new WasmReader(bytes);
  reader.at = HEADER.length;
  const sections: WasmSection[] = [];
  try {
    while (!reader.isAtEnd) {
      if (sections.length >= MOST_SECTIONS) return err('it has too many sections');
      const id = reader.byte();
      const own = new WasmReader(reader.take(reader.u32()));
      if (id === CUSTOM) sections.push({ id, name: own.text(), bytes: own.bytes.subarray(own.at) });
      else sections.push({ id, bytes: own.bytes });
    }
  } catch (fault) {
    if (!(fault instanceof WasmCut)) throw fault;
    return err('it ends in the midst of a section');
  }
  return ok(sections);
}

/** What a module says of its tasks: the text of its one section `ioi:tasks`. */
export function wasmTasksText(bytes: Uint8Array): Result<string, string> {
  const sections = wasmSections(bytes);
  if (!sections.ok) return sections;
  const [only, ...others] = sections.value.filter(({ name }) => name === TASKS);
  if (only === undefined || others.length > 0) return err(`it has no one section ${TASKS}`);
  const text = decodeUtf8(only.bytes);
  return text === undefined ? err(`its section ${TASKS} is no UTF-8`) : ok(text);
}
