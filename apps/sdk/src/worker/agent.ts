import { type Description, type Given, type Json, type OnText, StepError, Wire } from './wire.ts';

/** JSON Schemas (2020-12) of what a task takes and gives. */
export type TaskSchemas = { readonly input: object; readonly output: object };

export type FetchOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Which model, and how. `stream` is given null where what came so far is void. */
type AskedModel = { route: string; max_tokens?: number; stream?: OnText };

/** `unit` is a currency, such as `usd`. */
type Money = { readonly amount: string | number; readonly unit: string };

type Message = { readonly role: string; readonly content: string };
type Task = TaskSchemas & { readonly run: (input: Json) => unknown };

/** What a worker file makes one of; all it can do outside is to ask the node, step by step. */
export class Agent {
  readonly name: string;
  readonly #tasks = new Map<string, Task>();
  #wire: Wire | undefined;

  constructor(name: string) {
    this.name = name;
  }

  readonly fs = {
    read: async (path: string) => (await this.step('fs::read', { path })) as string,
    list: async (path = '.') => await this.step('fs::list', { path }),
    write: async (path: string, content: string) => {
      await this.step('fs::write', { path, content });
    },
  };

  readonly net = {
    fetch: async (url: string, options: FetchOptions = {}): Promise<Reply> => {
      return (await this.step('net::fetch', { ...options, url })) as Reply;
    },
  };

  readonly llm = {
    /** `route` is a name that the node knows models by, never that of a provider. */
    generate: async (prompt: string, about: AskedModel) => {
      const messages: readonly Message[] = [{ role: 'user', content: prompt }];
      return this.llm.chat(messages, about);
    },
    /** The whole text; `stream` takes its pieces while they come. */
    chat: async (messages: readonly Message[], { stream, ...about }: AskedModel) => {
      const asked = { ...about, messages };
      if (stream === undefined) return textOf(await this.step('model::invoke', asked));
      let told = '';
      const take: OnText = (piece) => {
        told = piece === null ? '' : told + piece;
        stream(piece);
      };
      const text = textOf(await this.#asked('model::invoke', { ...asked, stream: true }, take));
      // On record already, or by another model than began.
      if (!text.startsWith(told)) take(null);
      if (text !== told) stream(text.slice(told.length));
      return text;
    },
  };

  readonly memory = {
    get: (key: string) => this.step('memory::get', { key }),
    put: async (key: string, value: Json) => {
      await this.step('memory::put', { key, value });
    },
  };

  /** Both are the same again when the task is run again over the same answers. */
  readonly clock = { now: () => this.step('clock::now', {}) };
  readonly random = { bytes: (count: number) => this.step('random::bytes', { count }) };

  readonly tool = {
    /** Of an MCP server that the node mounts. */
    call: (server: string, tool: string, given: { readonly [name: string]: Json } = {}) =>
      this.step('tool::call', { server, tool, arguments: given }),
  };

  /**
   * Pays by the payment connector of the node; `amount` is text such as '9.50', or a whole number.
   * `about` is what else that connector takes, and `server` where there are several.
   */
  async spend(money: Money, payee: string, about: { readonly [name: string]: Json } = {}) {
    const { amount, unit } = money;
    if (typeof amount === 'number' && !Number.isSafeInteger(amount)) {
      throw new TypeError("an amount of money is text, such as '0.50': numbers are not exact");
    }
    const params = { ...about, amount: { amount: String(amount), unit }, payee };
    return this.step('wallet::spend', params);
  }

  /** Puts a question to the owner of the node and waits for the answer, over restarts. */
  async ask(question: string, choices: readonly string[] = []): Promise<string> {
    const said = await this.step('person::ask', { question, choices });
    return (said as { readonly answer: string }).answer;
  }

  task<I = Json, O = unknown>(
    name: string,
    schemas: TaskSchemas,
    run: (input: I) => Promise<O> | O,
  ): this {
    if (this.#tasks.has(name)) throw new TypeError(`two tasks are called ${name}`);
    this.#tasks.set(name, { ...schemas, run: (input) => run(input as I) });
    return this;
  }

  /** Asks for a target by its name; for those that have no method here. */
  async step(target: string, params: object): Promise<Json> {
    return this.#asked(target, params);
  }

  async #asked(target: string, params: object, onText?: OnText): Promise<Json> {
    if (this.#wire === undefined) throw new Error(`${target} is for tasks, in a run`);
    return this.#wire.step(target, params, onText);
  }

  /** The last line of a worker file. With `--describe` it says what the worker is, and ends. */
  async run(): Promise<void> {
    const description = this.#describe();
    if (process.argv.includes('--describe')) {
      process.stdout.write(`${JSON.stringify(description)}\n`);
      return;
    }
    const wire = new Wire();
    this.#wire = wire;
    wire.hello(description);
    for (let given = await wire.nextTask(); given !== undefined; given = await wire.nextTask()) {
      await this.#do(wire, given);
    }
    process.exit(0);
  }

  #describe(): Description {
    const tasks = [...this.#tasks].map(([name, { input, output }]) => {
      return { name, input_schema: input, output_schema: output };
    });
    return { name: this.name, tasks };
  }

  async #do(wire: Wire, { task: name, input }: Given): Promise<void> {
    try {
      const task = this.#tasks.get(name);
      if (task === undefined) throw new RangeError(`there is no task ${name}`);
      await wire.returned(await task.run(input));
    } catch (thrown) {
      const fault = thrown instanceof Error ? thrown : new Error(String(thrown));
      const code = fault instanceof StepError ? fault.code : fault.name;
      const shown = /^[A-Za-z][A-Za-z0-9_.]{0,127}$/.test(code) ? code : 'Error';
      await wire.raised(shown, fault.message, framesOf(fault));
    }
  }
}

function textOf(said: Json): string {
  return (said as { readonly text: string }).text;
}

/** Where it was, without the message, which is told apart. */
function framesOf({ stack = '' }: Error): string {
  return stack.slice(Math.max(0, stack.indexOf('\n    at '))).trimStart();
}
