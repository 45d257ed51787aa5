import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core';

/** One interpreter, with the memory that it can have and no more. */
export type Interpreter = {
  readonly quickjs: QuickJSWASMModule;
  /** Whether little is left of its memory: what fails then may have no room to say so. */
  readonly isNearlyFull: () => boolean;
};

export type GuestEngine = {
  /** Runs in an interpreter before any file of a worker. */
  readonly prelude: string;
  /** With nothing in it of any other: the same file finds the same memory. */
  readonly interpreter: (memoryBytes: number) => Promise<Interpreter>;
};

/** What is used of it here: the types of Node leave it to those of browsers. */
type Wasm = {
  readonly compile: (bytes: Uint8Array) => Promise<object>;
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer };
};

const PAGE_BYTES = 65_536;
/** What the module itself asks for. */
const FIRST_PAGES = 256;
/** It grows by a twentieth at least, so it stops that much before its end. */
const NEARLY = 0.9;

/**
 * QuickJS in WebAssembly, compiled where it is asked for: a node without guests loads none of it.
 * Its own limit counts blocks and not their sizes (in this build), so that of the memory counts.
 */
export async function loadGuestEngine(): Promise<GuestEngine> {
  const { newQuickJSWASMModuleFromVariant, newVariant } = await import('quickjs-emscripten-core');
  const variant = (await import('@jitl/quickjs-wasmfile-release-sync')).default;
  const { WebAssembly: platform } = globalThis as unknown as { readonly WebAssembly: Wasm };
  const url = import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  const bytes = readFileSync(fileURLToPath(url));
  const wasmModule = await platform.compile(bytes);
  const prelude = readFileSync(new URL('./prelude.mjs', import.meta.url), 'utf8');
  const interpreter = async (memoryBytes: number): Promise<Interpreter> => {
    const maximum = Math.max(FIRST_PAGES, Math.floor(memoryBytes / PAGE_BYTES));
    const wasmMemory = new platform.Memory({ initial: FIRST_PAGES, maximum });
    const own = newVariant(variant as unknown as QuickJSSyncVariant, { wasmModule, wasmMemory });
    const quickjs = await newQuickJSWASMModuleFromVariant(own);
    const most = maximum * PAGE_BYTES * NEARLY;
    return { quickjs, isNearlyFull: () => wasmMemory.buffer.byteLength >= most };
  };
  return { prelude, interpreter };
}
