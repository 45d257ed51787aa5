import { type Digest, isDigest } from '@ioi/canon';
import { KeptFile } from './kept-file.ts';

type Pinned = Map<string, Map<string, Digest>>;

/** More of one server is nothing a person accepted. */
const MOST_OF_A_SERVER = 4096;

/**
 * What each server said of each of its tools when a person first mounted or last accepted it.
 * The file is the account's, as node.json is: who can write it can mount what he likes.
 */
export class Pins {
  readonly #file: KeptFile;
  readonly #pinned: Pinned;

  constructor(path: string) {
    this.#file = new KeptFile(path);
    this.#pinned = read(this.#file);
  }

  /** Tools that say something else now; those that are new are pinned as they are. */
  changed(server: string, tools: ReadonlyMap<string, Digest>): ReadonlySet<string> {
    const known = this.#pinned.get(server) ?? new Map<string, Digest>();
    const fresh = [...tools].filter(([tool]) => !known.has(tool));
    if (fresh.length > 0 && known.size + fresh.length <= MOST_OF_A_SERVER) {
      this.#pinned.set(server, new Map([...known, ...fresh]));
      this.#write();
    }
    const differing = [...tools].filter(([tool, pin]) => (known.get(tool) ?? pin) !== pin);
    return new Set(differing.map(([tool]) => tool));
  }

  /** What a server says now is what it may go on saying; what it no longer has is let go. */
  accept(server: string, tools: ReadonlyMap<string, Digest>): void {
    this.#pinned.set(server, new Map([...tools].slice(0, MOST_OF_A_SERVER)));
    this.#write();
  }

  forget(server: string): void {
    if (this.#pinned.delete(server)) this.#write();
  }

  #write(): void {
    const servers = [...this.#pinned].map(([name, tools]) => [name, Object.fromEntries(tools)]);
    this.#file.write({ format: 'ioi-pins/1', servers: Object.fromEntries(servers) });
  }
}

function read(file: KeptFile): Pinned {
  const kept = file.read();
  if (kept === undefined) return new Map();
  const servers = (kept as { servers?: unknown } | null)?.servers;
  if (typeof servers !== 'object' || servers === null) throw file.damaged();
  return new Map(
    Object.entries(servers).map(([name, tools]) => {
      const pins = Object.entries((tools ?? {}) as Record<string, unknown>);
      return [name, new Map(pins.filter((pin): pin is [string, Digest] => isDigest(pin[1])))];
    }),
  );
}
