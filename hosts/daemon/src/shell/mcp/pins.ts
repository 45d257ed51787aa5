import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { faultCode } from '@ioi/basis';
import { type Digest, isDigest, parseStrict } from '@ioi/canon';

type Pinned = Map<string, Map<string, Digest>>;

/** More of one server is nothing a person accepted. */
const MOST_OF_A_SERVER = 4096;

/**
 * What each server said of each of its tools when a person first mounted or last accepted it.
 * The file is the account's, as node.json is: who can write it can mount what he likes.
 */
export class Pins {
  readonly #path: string;
  readonly #pinned: Pinned;

  constructor(path: string) {
    this.#path = path;
    this.#pinned = read(path);
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

  /** Of one server: what it says now is what it may go on saying; what it no longer has is let go. */
  accept(server: string, tools: ReadonlyMap<string, Digest>): void {
    this.#pinned.set(server, new Map([...tools].slice(0, MOST_OF_A_SERVER)));
    this.#write();
  }

  forget(server: string): void {
    if (this.#pinned.delete(server)) this.#write();
  }

  #write(): void {
    const servers = [...this.#pinned].map(([name, tools]) => [name, Object.fromEntries(tools)]);
    const text = JSON.stringify({ format: 'ioi-pins/1', servers: Object.fromEntries(servers) });
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, `${text}\n`, { mode: 0o600, flush: true });
    renameSync(fresh, this.#path);
  }
}

function read(path: string): Pinned {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (fault) {
    if (faultCode(fault as Error, '') === 'ENOENT') return new Map();
    throw fault;
  }
  const parsed = parseStrict(bytes);
  const servers = parsed.ok ? (parsed.value as { servers?: unknown } | null)?.servers : undefined;
  if (typeof servers !== 'object' || servers === null) {
    throw new Error(`${path} is damaged; mend it, or remove it to pin every tool anew`);
  }
  return new Map(
    Object.entries(servers).map(([name, tools]) => {
      const pins = Object.entries((tools ?? {}) as Record<string, unknown>);
      return [name, new Map(pins.filter((pin): pin is [string, Digest] => isDigest(pin[1])))];
    }),
  );
}
