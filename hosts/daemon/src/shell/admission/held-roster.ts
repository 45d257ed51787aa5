import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseStrict } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import { holdRoster, type Rostered, saysTheSame } from '@ioi/law';
import type { ClusterRoster, Rejection } from '@ioi/protocol';

export type RosterOptions = {
  /** Where the last one that held is kept: no earlier one is taken after it. */
  readonly path: string;
  /** Whose it must be, as the verified log says; undefined before there is one. */
  readonly whose: () => Rostered | undefined;
};

/** Who may speak with whom in a cluster, by the owner's word, whatever the store says by now. */
export class HeldRoster {
  readonly #options: RosterOptions;
  readonly #registry = verifierRegistry();
  #text: string | undefined;
  #current: ClusterRoster | undefined;
  #wrong: Rejection | undefined;

  constructor(options: RosterOptions) {
    this.#options = options;
    if (existsSync(options.path)) this.take(readFileSync(options.path, 'utf8'));
  }

  get current(): ClusterRoster | undefined {
    return this.#current;
  }

  /** Why what the store has is not taken. */
  get wrong(): Rejection | undefined {
    return this.#wrong;
  }

  /** What the store has; true where it is another than before, and holds. */
  take(text: string | undefined): boolean {
    const whose = this.#options.whose();
    if (text === undefined || text === this.#text || whose === undefined) return false;
    const parsed = parseStrict(new TextEncoder().encode(text));
    const seen = this.#current?.number;
    const about = seen === undefined ? whose : { ...whose, seen };
    const held = holdRoster(parsed.ok ? parsed.value : undefined, about, this.#registry);
    this.#wrong = held.ok ? undefined : held.error;
    if (!held.ok) return false;
    const current = this.#current;
    if (current?.number === held.value.number && !saysTheSame(held.value, current)) {
      this.#wrong = {
        code: 'roster.superseded',
        message: `another roster ${seen} was seen already`,
      };
      return false;
    }
    this.#text = text;
    this.#current = held.value;
    const part = `${this.#options.path}.part`;
    writeFileSync(part, text, { mode: 0o600, flush: true });
    renameSync(part, this.#options.path);
    return true;
  }
}
