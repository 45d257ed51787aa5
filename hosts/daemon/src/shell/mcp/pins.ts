import { type Digest, isDigest } from '@ioi/canon';
import { isOlder, isOurs } from '../../core/index.ts';
import { KeptFile } from './kept-file.ts';

type Said = ReadonlyMap<string, Digest>;
type Pinned = ReadonlyMap<string, Said>;

/**
 * What each server said of itself, its tools, prompts and resources when a person first mounted or
 * last accepted it.
 * The file is the account's, as node.json is: who can write it can mount what he likes.
 */
export class Pins {
  readonly #file: KeptFile;
  #pinned: Pinned;

  constructor(path: string) {
    this.#file = new KeptFile(path);
    this.#pinned = read(this.#file);
  }

  /** What it says otherwise than a person has seen, or newly; at the first sight, nothing. */
  changed(server: string, said: Said): ReadonlySet<string> {
    const known = this.#knownOf(server, said);
    const differing = [...said].filter(([name, pin]) => known && known.get(name) !== pin);
    return new Set(differing.map(([name]) => name));
  }

  /** Of one from before prompts and resources were pinned they are seen for the first time now. */
  #knownOf(server: string, said: Said): Said | undefined {
    const known = this.#pinned.get(server);
    if (known !== undefined && !isOlder(known)) return known;
    const first = known === undefined ? [...said] : [...said].filter(([name]) => isOurs(name));
    this.accept(server, new Map([...(known ?? []), ...first]));
    return known && this.#pinned.get(server);
  }

  /** What a server says now is what it may go on saying; what it no longer has is let go. */
  accept(server: string, said: Said): void {
    this.#keep(new Map([...this.#pinned, [server, said]]));
  }

  /** A server of this name is mounted for the first time again. */
  forget(server: string): void {
    if (!this.#pinned.has(server)) return;
    this.#keep(new Map([...this.#pinned].filter(([name]) => name !== server)));
  }

  #keep(pinned: Pinned): void {
    const servers = [...pinned].map(([name, said]) => [name, Object.fromEntries(said)]);
    this.#file.write({ format: 'ioi-pins/1', servers: Object.fromEntries(servers) });
    this.#pinned = pinned;
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
