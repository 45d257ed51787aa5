import { randomBytes, timingSafeEqual } from 'node:crypto';

const BYTES = 32;
/** A link that nobody opened within this is worth nothing. */
const LINK_MS = 60_000;
/** A browser asks for a new link after this. */
const VISIT_MS = 12 * 60 * 60 * 1000;
/** Of links, and of browsers: the oldest go first. */
const MOST = 16;

type Kept = { readonly secret: Buffer; readonly until: number };

/** Who may look: links that are good once, and the browsers that opened one. */
export class Keys {
  readonly #now: () => number;
  #links: readonly Kept[] = [];
  #visits: readonly Kept[] = [];

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The secret of a new link. */
  link(): string {
    const made = this.#make(LINK_MS);
    this.#links = [...this.#alive(this.#links), made].slice(-MOST);
    return made.secret.toString('hex');
  }

  /** The secret of a browser, for that of a link, which is used up; undefined for any other. */
  open(link: string): string | undefined {
    const found = this.#find(this.#links, link);
    if (found === undefined) return undefined;
    this.#links = this.#links.filter((each) => each !== found);
    const made = this.#make(VISIT_MS);
    this.#visits = [...this.#alive(this.#visits), made].slice(-MOST);
    return made.secret.toString('hex');
  }

  isOpen(visit: string): boolean {
    return this.#find(this.#visits, visit) !== undefined;
  }

  /** Every browser asks for a new link. */
  close(): void {
    this.#links = [];
    this.#visits = [];
  }

  #make(lastsMs: number): Kept {
    return { secret: randomBytes(BYTES), until: this.#now() + lastsMs };
  }

  #alive(kept: readonly Kept[]): readonly Kept[] {
    return kept.filter(({ until }) => until > this.#now());
  }

  #find(kept: readonly Kept[], text: string): Kept | undefined {
    const given = Buffer.from(text, 'hex');
    if (given.length !== BYTES) return undefined;
    return this.#alive(kept).find(({ secret }) => timingSafeEqual(secret, given));
  }
}
