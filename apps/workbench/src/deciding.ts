import { createContext, useContext } from 'react';
import { decidingOrigin } from './session.ts';

/** Of the guardian's page: the window that stays open beside the inbox. */
const PATH = '/beside';
const NAME = 'ioi-decide';
const FEATURES = 'popup,width=560,height=860';

/**
 * The guardian's window. It is told which request a person looks at, by its hash, and nothing of
 * what to do with it: it shows its own copy, and what is decided there nobody here learns first.
 */
export class GuardianWindow {
  readonly #origin: string;
  #window: Window | null = null;
  #wanted: object | undefined;

  constructor(origin: string) {
    this.#origin = origin;
    addEventListener('message', ({ source, origin: from, data }) => {
      const isReady = from === this.#origin && source === this.#window;
      if (isReady && data?.ready === true) this.#point();
    });
  }

  show(hash: string): void {
    this.#lookAt({ show: hash });
  }

  /** A policy, as its canonical text, and the hash of the one it is meant to replace. */
  propose(policy: string, replaces: string | undefined): void {
    this.#lookAt({ policy, replaces });
  }

  /** A grant or a certificate by its id, or `everything`: the guardian says what that ends. */
  takeBack(what: string): void {
    this.#lookAt({ revoke: what });
  }

  /** What somebody asked to be granted, by its id: for how long and how much, the guardian says. */
  lease(request: string): void {
    this.#lookAt({ lease: request });
  }

  #lookAt(wanted: object): void {
    this.#wanted = wanted;
    if (this.#window === null || this.#window.closed) {
      this.#window = open(`${this.#origin}${PATH}`, NAME, FEATURES);
      return;
    }
    this.#point();
    this.#window.focus();
  }

  #point(): void {
    if (this.#wanted !== undefined) this.#window?.postMessage(this.#wanted, this.#origin);
  }
}

/** Undefined where the link of this tab named no page of the guardian. */
export function guardianWindow(): GuardianWindow | undefined {
  const origin = decidingOrigin();
  return origin === undefined ? undefined : new GuardianWindow(origin);
}

export const Deciding = createContext<GuardianWindow | undefined>(undefined);

export function useDeciding(): GuardianWindow | undefined {
  return useContext(Deciding);
}
