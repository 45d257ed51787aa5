// Runs in a guest before its file: what a worker has of the world, which is the boundary alone. A
// script, whose last value is what the host goes on with.
//
// What the file changes of its own language afterwards changes nothing here but for itself: the
// host reads texts, and believes none of them.
{
  const { parse, stringify } = JSON;
  const { create, defineProperty, freeze, getPrototypeOf } = Object;
  const { isSafeInteger, parseInt: wholeOf } = Number;
  const numbers = Math;
  const { apply, defineProperty: define } = Reflect;
  const { join } = Array.prototype;
  const { exec } = RegExp.prototype;
  const { isArray } = Array;
  const Promised = Promise;
  const { then } = Promise.prototype;

  class StepError extends Error {
    constructor(code, message) {
      super(message);
      this.name = 'StepError';
      this.code = code;
    }
  }

  /** No code but that of the file, and nothing that is told apart from one run to the next. */
  const boundLanguage = () => {
    const functions = [() => {}, async () => {}, function* () {}, async function* () {}];
    for (const each of functions) {
      const made = function NoCode() {
        throw new TypeError('a worker makes no code');
      };
      made.prototype = getPrototypeOf(each);
      defineProperty(made.prototype, 'constructor', { value: made });
    }
    globalThis.Function = Function.prototype.constructor;
    Reflect.deleteProperty(globalThis, 'eval');
    delete Math.random;
  };

  /**
   * Chance that is the same when the run is told the same again: sfc32 over the seed, in hex.
   * For games and samples; what nobody may guess comes from `agent.random`.
   */
  const seedChance = (seed) => {
    const state = [0, 1, 2, 3].map((at) => wholeOf(seed.slice(8 * at, 8 * at + 8), 16) | 0);
    let [a, b, c, counter] = state;
    const word = () => {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + sum;
      c |= 0;
      return sum >>> 0;
    };
    for (let each = 0; each < 12; each += 1) word();
    const random = () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
    // A file may have frozen what is its own.
    define(numbers, 'random', { value: random, writable: true, configurable: true });
  };

  /** As the SDKs have it; `route` is a name that the node knows models by. */
  const agentOf = (step) => {
    const chat = async (messages, about) =>
      (await step('model::invoke', { ...about, messages })).text;
    const generate = (prompt, about) => chat([{ role: 'user', content: prompt }], about);
    return freeze({
      step,
      fs: freeze({
        read: (path) => step('fs::read', { path }),
        list: (path = '.') => step('fs::list', { path }),
        write: (path, content) => step('fs::write', { path, content }),
      }),
      net: freeze({ fetch: (url, options = {}) => step('net::fetch', { ...options, url }) }),
      llm: freeze({ generate, chat }),
      memory: freeze({
        get: (key) => step('memory::get', { key }),
        put: (key, value) => step('memory::put', { key, value }),
      }),
      clock: freeze({ now: () => step('clock::now', {}) }),
      random: freeze({ bytes: (count) => step('random::bytes', { count }) }),
      tool: freeze({
        call: (server, tool, given = {}) => step('tool::call', { server, tool, arguments: given }),
      }),
      ask: (question, choices = []) =>
        step('person::ask', { question, choices }).then(({ answer }) => answer),
      spend: ({ amount, unit }, payee, about = {}) => {
        const isExact = typeof amount === 'string' || isSafeInteger(amount);
        if (!isExact) throw new TypeError('an amount of money is text, or a whole number');
        return step('wallet::spend', { ...about, amount: { amount: `${amount}`, unit }, payee });
      },
    });
  };

  const textOf = (read) => {
    try {
      const text = read();
      return typeof text === 'string' ? text : undefined;
    } catch {
      return undefined;
    }
  };

  const faultOf = (fault) => ({
    name: textOf(() => fault.name),
    code: textOf(() => fault.code),
    message: textOf(() => fault.message) ?? textOf(() => fault && `${fault}`),
    trace: textOf(() => fault.stack),
  });

  /** Tasks by their names, and what was declared of them. */
  const registry = () => {
    const tasks = create(null);
    const declared = [];
    const task = (name, { input, output }, run) => {
      if (typeof name !== 'string') throw new TypeError('a task has a name');
      if (typeof run !== 'function') throw new TypeError(`task ${name} has a function`);
      if (name in tasks) throw new TypeError(`there are two tasks ${name}`);
      tasks[name] = run;
      declared[declared.length] = { name, input_schema: input, output_schema: output };
    };
    return { tasks, declared, task };
  };

  const ENDED = '!';
  const TARGET = /^[a-z][a-z0-9_]*(::[a-z][a-z0-9_]*)+$/;

  /** Left in the box at once, in characters: what a worker has room for is its own. */
  const MOST_LEFT = 65_536;

  /**
   * What was asked for and how it ended, until the host looks: once a turn, since calling it for
   * each step costs several times as much. A box that is full is handed to it before. The host
   * reads all of it again, without trust.
   */
  const outboxOf = ({ steps, textBytes }, take) => {
    const texts = [];
    let size = 0;
    const emptied = () => {
      const lines = texts.length === 1 ? texts[0] : apply(join, texts, ['\n']);
      texts.length = 0;
      size = 0;
      return lines;
    };
    const leave = (text) => {
      if (size > 0 && size + text.length > MOST_LEFT) take(emptied());
      texts[texts.length] = text;
      size += text.length;
    };
    const known = create(null);
    const know = (target) => {
      const isTarget = typeof target === 'string' && apply(exec, TARGET, [target]) !== null;
      if (!isTarget) throw new TypeError('a step has a target, such as fs::read');
      known[target] = true;
    };
    let isBegun = false;
    let end;
    let asked = 0;
    const ask = (target, params) => {
      if (!isBegun) throw new TypeError('steps are asked for within a task');
      if (end !== undefined) throw new TypeError('the task is over');
      if (asked >= steps) throw new TypeError(`a task has at most ${steps} steps`);
      const text = stringify({ target, params });
      if (typeof target !== 'string' || !(target in known)) know(target);
      if (typeof params !== 'object' || params === null || isArray(params)) {
        throw new TypeError(`the parameters of ${target} are an object`);
      }
      if (text.length > textBytes) throw new TypeError(`a step has at most ${textBytes} bytes`);
      leave(text);
      asked += 1;
      return asked - 1;
    };
    const begin = () => {
      isBegun = true;
    };
    const say = (text) => {
      end ??= `${text}`;
    };
    const outbox = {
      /** A line for each step, and before them one for the end, where there is one. */
      get left() {
        const asked = emptied();
        return end === undefined ? asked : `${ENDED}${end}\n${asked}`;
      },
      get isOver() {
        return end !== undefined;
      },
    };
    return { ask, begin, say, outbox };
  };

  const endsBy = (say) => ({
    returned: (output = null) => {
      let text;
      try {
        text = stringify({ kind: 'returned', output });
      } catch (fault) {
        text = stringify({ kind: 'not_json', ...faultOf(fault) });
      }
      say(text);
    },
    raised: (fault) => say(stringify({ kind: 'raised', ...faultOf(fault) })),
  });

  (limits, take) => {
    boundLanguage();
    const { ask, begin, say, outbox } = outboxOf(parse(limits), take);
    const waiting = create(null);
    const step = (target, params = {}) => {
      const index = ask(target, params);
      return new Promised((resolve, reject) => {
        waiting[index] = { resolve, reject };
      });
    };
    const agent = agentOf(step);
    const { tasks, declared, task } = registry();
    const { returned, raised } = endsBy(say);
    defineProperty(globalThis, 'ioi', { value: freeze({ task, step, agent, StepError }) });
    return {
      outbox,
      describe: () => stringify(declared),
      fault: (fault) => stringify(faultOf(fault)),
      begin: (name, input, seed) => {
        begin();
        const run = tasks[name];
        if (seed !== '') seedChance(seed);
        const started = new Promised((resolve) => resolve(run(parse(input), agent)));
        apply(then, started, [returned, raised]);
      },
      settle: (text) => {
        const { 0: index, 1: answer } = parse(text);
        const { resolve, reject } = waiting[index];
        delete waiting[index];
        if (answer.kind === 'done') resolve(answer.output);
        else reject(new StepError(answer.code, answer.message));
      },
    };
  };
}
