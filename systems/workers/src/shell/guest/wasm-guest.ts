import { assert, decodeUtf8, err, ok, type Result } from '@ioi/basis';
import { wasmTasksText } from '@ioi/law';
import type { Rejection, WorkerEnd, WorkerStep, WorkerTask } from '@ioi/protocol';
import type { GuestLimits } from '../../core/guest/guest-limits.ts';
import { endIn, OUT_OF_MEMORY, stepIn, tasksIn } from '../../core/guest/guest-words.ts';
import { Unanswered } from '../../core/guest/unanswered.ts';
import { BOUNDARY, FUEL, metered } from '../../core/wasm/metered.ts';
import type { GuestTurn } from './guest.ts';

/** A module that was compiled elsewhere. */
export type WasmFile = { readonly name: string; readonly bytes: Uint8Array };

type Call = (...given: readonly number[]) => unknown;

/** What is used of it here: the types of Node leave it to those of browsers. */
type Platform = {
  readonly compile: (bytes: Uint8Array) => Promise<object>;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly RuntimeError: new () => Error;
};

type Verbs = { readonly alloc: Call; readonly begin: Call; readonly settle: Call };
type Died = Extract<WorkerEnd, { readonly kind: 'died' }>;

const VERBS = { alloc: 'ioi_alloc', begin: 'ioi_begin', settle: 'ioi_settle' } as const;

/** Ends what runs; why stands in the guest already. */
class Cut extends Error {}

/** A module of WebAssembly whose only imports are the boundary. One task, and it is thrown away. */
export class WasmGuest {
  readonly #limits: GuestLimits;
  #memory: { readonly buffer: ArrayBuffer } = { buffer: new ArrayBuffer(0) };
  #fuel: { readonly value: unknown } = { value: 0 };
  #verbs: Verbs | undefined;
  #isBegun = false;
  #asked = 0;
  readonly #unanswered: Unanswered;
  #steps: WorkerStep[] = [];
  #end: WorkerEnd | undefined;

  private constructor(limits: GuestLimits) {
    this.#limits = limits;
    this.#unanswered = new Unanswered(limits.memoryBytes);
  }

  /** Reads what it declares, and refuses what it could not be held to; nothing of it runs. */
  static async open(
    { bytes }: WasmFile,
    limits: GuestLimits,
  ): Promise<
    Result<{ readonly guest: WasmGuest; readonly tasks: readonly WorkerTask[] }, Rejection>
  > {
    const text = wasmTasksText(bytes);
    if (!text.ok) return refused('guest.no_task', text.error);
    const tasks = tasksIn(text.value, limits.textBytes);
    if (!tasks.ok) return tasks;
    const own = metered(bytes, limits);
    if (!own.ok) return own;
    const guest = new WasmGuest(limits);
    const { WebAssembly: platform } = globalThis as unknown as { readonly WebAssembly: Platform };
    try {
      // Before it is rewritten it has to be valid by itself: it cannot speak of what is added.
      await platform.compile(bytes);
      const module = await platform.compile(own.value);
      const wrong = guest.#enter(
        new platform.Instance(module, { [BOUNDARY]: guest.#ways() }).exports,
      );
      if (wrong !== undefined) return refused('guest.not_loaded', wrong);
    } catch (fault) {
      return refused('guest.not_loaded', `${(fault as Error).message}`.slice(0, 1000));
    }
    return ok({ guest, tasks: tasks.value });
  }

  begin(task: string, input: string): GuestTurn {
    assert(!this.#isBegun, 'a guest does one task');
    this.#isBegun = true;
    return this.#turn(({ begin }) => begin(...this.#given(task), ...this.#given(input)));
  }

  settle(index: number, answer: string): GuestTurn {
    this.#unanswered.answered(index);
    return this.#turn(({ settle }) => settle(index, ...this.#given(answer)));
  }

  #enter(exports: Readonly<Record<string, unknown>>): string | undefined {
    const { memory } = exports;
    const calls = Object.entries(VERBS).map(([verb, name]) => [verb, exports[name]] as const);
    const missing = calls.find(([, call]) => typeof call !== 'function');
    if (missing !== undefined) return `it exports no function ${VERBS[missing[0] as keyof Verbs]}`;
    const isMemory = Object(memory).buffer instanceof ArrayBuffer;
    if (!isMemory) return 'it exports no memory';
    this.#memory = memory as { readonly buffer: ArrayBuffer };
    this.#fuel = exports[FUEL] as { readonly value: unknown };
    this.#verbs = Object.fromEntries(calls) as Verbs;
    return undefined;
  }

  #ways(): Readonly<Record<string, Call>> {
    return {
      ask: (at = 0, length = 0) => this.#ask(this.#said(at, length)),
      say: (at = 0, length = 0) => this.#say(this.#said(at, length)),
    };
  }

  #ask(text: string): number {
    if (this.#end !== undefined) throw new Cut();
    if (this.#asked >= this.#limits.steps) {
      throw this.#cut('guest.too_many_steps', `a task has at most ${this.#limits.steps} steps`);
    }
    const step = stepIn(text, this.#limits.textBytes);
    if (!step.ok) throw this.#cut('guest.bad_step', step.error);
    if (!this.#unanswered.asked(text.length)) {
      throw this.#cut(OUT_OF_MEMORY.code, OUT_OF_MEMORY.message);
    }
    const index = this.#asked;
    this.#asked += 1;
    this.#steps.push({ index, ...step.value });
    return index;
  }

  #say(text: string): void {
    this.#end ??= endIn(text, this.#limits.textBytes);
  }

  /** What a module says lies in its memory, and is as long as a text may be. */
  #said(at: number, length: number): string {
    if (!this.#isBegun) throw this.#cut('guest.not_allowed', 'it says something outside of a task');
    const bytes = this.#place(at, length);
    if (length >>> 0 > this.#limits.textBytes)
      throw this.#cut('guest.too_large', 'it says too much');
    const text = decodeUtf8(bytes.slice());
    if (text === undefined) throw this.#cut('guest.bad_text', 'what it says is no UTF-8');
    return text;
  }

  #given(text: string): readonly [number, number] {
    const bytes = new TextEncoder().encode(text);
    const at = Number(this.#verbs?.alloc(bytes.length));
    this.#place(at, bytes.length).set(bytes);
    return [at, bytes.length];
  }

  #place(at: number, length: number): Uint8Array {
    const [from, count] = [at >>> 0, length >>> 0];
    if (from + count > this.#memory.buffer.byteLength) {
      throw this.#cut('guest.bad_pointer', `${count} bytes at ${from} are not in its memory`);
    }
    return new Uint8Array(this.#memory.buffer, from, count);
  }

  #cut(code: string, message: string): Cut {
    this.#end = died(code, message);
    return new Cut();
  }

  #turn(run: (verbs: Verbs) => unknown): GuestTurn {
    assert(this.#verbs !== undefined, 'a guest that is open has its functions');
    try {
      run(this.#verbs);
    } catch (fault) {
      if (!(fault instanceof Cut)) this.#end = this.#brokenBy(fault);
    }
    const steps = this.#steps;
    this.#steps = [];
    return this.#end === undefined ? { steps } : { steps, end: this.#end };
  }

  #brokenBy(fault: unknown): Died {
    if (this.#fuel.value === 0)
      return died('guest.out_of_time', 'it computed more than a task may');
    if (fault instanceof RangeError)
      return died('guest.out_of_stack', 'it nested deeper than it may');
    const { WebAssembly: platform } = globalThis as unknown as { readonly WebAssembly: Platform };
    if (fault instanceof platform.RuntimeError) return died('guest.trapped', fault.message);
    return died('guest.broken', `it failed: ${String(fault)}`.slice(0, 1000));
  }
}

function died(code: string, message: string): Died {
  return { kind: 'died', code, message };
}

function refused(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
