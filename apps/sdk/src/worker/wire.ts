/** What a worker and the node say to each other: JSON-RPC 2.0, a line each. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type Description = {
  readonly name: string;
  readonly tasks: readonly {
    readonly name: string;
    readonly input_schema: object;
    readonly output_schema: object;
  }[];
};

/** The node did not do a step; `code` says why, as its receipts do. */
export class StepError extends Error {
  readonly code: string;
  /** `refused`: nothing of it happened. `failed`: it was tried. */
  readonly kind: 'refused' | 'failed';

  constructor(kind: 'refused' | 'failed', code: string, message: string) {
    super(message);
    this.name = 'StepError';
    this.kind = kind;
    this.code = code;
  }
}

export type Given = { readonly task: string; readonly input: Json };
type Answer = {
  readonly method?: string;
  readonly params?: { readonly text: string | null };
  readonly result?: { readonly output: Json };
  readonly error?: { message: string; data: { kind: 'refused' | 'failed'; code: string } };
};

export type OnText = (piece: string | null) => void;

const WIRE_VERSION = 1;

/** The one conversation of this process; what the worker prints goes to its standard error. */
export class Wire {
  readonly #write: (text: string) => void;
  readonly #lines: AsyncIterator<string>;
  #nextStep: number | undefined;
  /** Steps go one after the other, however many are asked for at once. */
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    const write = process.stdout.write.bind(process.stdout);
    this.#write = (text) => void write(text);
    process.stdout.write = process.stderr.write.bind(process.stderr);
    this.#lines = linesOf(process.stdin);
  }

  hello({ name, tasks }: Description): void {
    this.#tell('worker/hello', { wire: WIRE_VERSION, name, tasks });
  }

  /** Undefined when there is none to come. */
  async nextTask(): Promise<Given | undefined> {
    const { value, done } = await this.#lines.next();
    if (done === true) return undefined;
    const { method, params } = JSON.parse(value) as { method?: string; params: Given };
    if (method !== 'task/invoke') throw new Error('the node says something else than task/invoke');
    this.#nextStep = 0;
    this.#last = Promise.resolve();
    return params;
  }

  /** `onText` takes pieces of what it comes to, and null where those so far are void. */
  step(target: string, params: object, onText?: OnText): Promise<Json> {
    const answered = this.#last.then(() => this.#ask(target, params, onText));
    this.#last = answered.catch(() => {});
    return answered;
  }

  /** What it asked for and did not wait for is answered first. */
  async returned(output: unknown): Promise<void> {
    const line = lineOf('task/returned', { output: output ?? null });
    await this.#end(line);
  }

  async raised(code: string, message: string, trace: string): Promise<void> {
    const told = { code, message: message.toWellFormed(), trace: trace.toWellFormed() };
    await this.#end(lineOf('task/raised', told));
  }

  async #end(line: string): Promise<void> {
    await this.#last;
    this.#nextStep = undefined;
    this.#write(line);
  }

  async #ask(target: string, params: object, onText?: OnText): Promise<Json> {
    const index = this.#nextStep;
    if (index === undefined) throw new Error(`${target} is for tasks, and none is being done`);
    const asked = { index, target, params };
    this.#write(textOf({ jsonrpc: '2.0', id: index, method: 'step', params: asked }));
    this.#nextStep = index + 1;
    const { result, error } = await this.#answer(onText);
    if (error !== undefined) throw new StepError(error.data.kind, error.data.code, error.message);
    return result?.output ?? null;
  }

  async #answer(onText: OnText | undefined): Promise<Answer> {
    let thrown: { readonly fault: unknown } | undefined;
    for (;;) {
      const { value, done } = await this.#lines.next();
      // The node has gone, and nobody is left to answer to.
      if (done === true) process.exit(0);
      const answer = JSON.parse(value) as Answer;
      const isAnswer = answer.method !== 'step/text';
      // Only now: what is said to this step is no answer to the next.
      if (isAnswer && thrown !== undefined) throw thrown.fault;
      if (isAnswer) return answer;
      if (thrown !== undefined) continue;
      try {
        onText?.(answer.params?.text ?? null);
      } catch (fault) {
        thrown = { fault };
      }
    }
  }

  #tell(method: string, params: object): void {
    this.#write(lineOf(method, params));
  }
}

function lineOf(method: string, params: object): string {
  return textOf({ jsonrpc: '2.0', method, params });
}

/** Numbers that other programs would read as others, or not at all, are refused. */
function textOf(message: object): string {
  const text = JSON.stringify(message, (key, value: unknown) => {
    if (typeof value === 'number') {
      const isExact = Math.abs(value) <= Number.MAX_SAFE_INTEGER || Math.abs(value) >= 1e21;
      if (!Number.isFinite(value) || !isExact) {
        throw new TypeError(`${key} is ${value}, which JSON has no number for; make it a string`);
      }
    }
    if (typeof value === 'string' && !value.isWellFormed()) {
      throw new TypeError(`${key} is no whole text: half of a character is in it`);
    }
    return value;
  });
  return `${text}\n`;
}

/** `node:readline` would cut at U+2028 as well, which may stand within a line of JSON. */
async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string, undefined> {
  let held = '';
  input.setEncoding('utf8');
  for await (const chunk of input) {
    const parts = `${held}${chunk}`.split('\n');
    held = parts.pop() ?? '';
    yield* parts;
  }
  return undefined;
}
