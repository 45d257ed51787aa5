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

  /** Resolves to everything the client answered, to all of them. */
  join(name: string, request: InputRequest): Promise<InputResponses> {
    const { promise, resolve } = Promise.withResolvers<InputResponses>();
    this.#let.set(name, { request, resolve });
    this.#decided();
    return promise;
  }

  /** This one was refused. */
  leave(): void {
    this.#decided();
  }

  #decided(): void {
    this.#undecided -= 1;
    if (this.#undecided > 0 || this.#let.size === 0) return;
    const requests = [...this.#let].map(([name, { request }]) => [name, request] as const);
    void this.#ask(Object.fromEntries(requests)).then((responses) => {
      for (const { resolve } of this.#let.values()) resolve(responses);
    });
  }
}

/** Of the client's answer what was not asked for: it is handed on as it came. */
export function unasked(
  requests: Readonly<Record<string, unknown>>,
  responses: InputResponses,
): readonly (readonly [string, InputResponse])[] {
  return Object.entries(responses).filter(([name]) => !Object.hasOwn(requests, name));
}
