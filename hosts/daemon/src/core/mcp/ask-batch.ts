import type { Ask, InputRequest, InputResponse, InputResponses } from '@ioi/protocol';

type Waiting = { readonly request: InputRequest; readonly resolve: (all: InputResponses) => void };

/**
 * What a server asks at once reaches the client at once, though each request is decided by itself:
 * the client is asked when every request has either been let through or refused.
 */
export class AskBatch {
  readonly #ask: Ask;
  readonly #let = new Map<string, Waiting>();
  #undecided: number;

  constructor(ask: Ask, count: number) {
    this.#ask = ask;
    this.#undecided = count;
  }

  /** Resolves to what the client answered to this one; undefined where it did not. */
  join(name: string, request: InputRequest): Promise<InputResponse | undefined> {
    const { promise, resolve } = Promise.withResolvers<InputResponses>();
    this.#let.set(name, { request, resolve });
    this.#decided();
    return promise.then((all) => (Object.hasOwn(all, name) ? all[name] : undefined));
  }

  /** This one was refused. */
  leave(): void {
    this.#decided();
  }

  #decided(): void {
    this.#undecided -= 1;
    if (this.#undecided > 0 || this.#let.size === 0) return;
    const requests = [...this.#let].map(([name, { request }]) => [name, request] as const);
    const answer = (responses: InputResponses): void => {
      for (const { resolve } of this.#let.values()) resolve(responses);
    };
    this.#ask(Object.fromEntries(requests)).then(answer, () => answer({}));
  }
}
