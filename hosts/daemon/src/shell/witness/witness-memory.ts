import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { decodeBase64, encodeBase64 } from '@ioi/basis';
import { Frontier } from '@ioi/merkle';

const FORMAT = 'ioi-witnessed/1';

type StoredFrontier = { readonly size: number; readonly peaks: readonly string[] };

/**
 * Where each witness last was, by its key, so that growth is proved without reading the whole
 * log. Only a shortcut: what is lost or wrong is found out by asking.
 */
export class WitnessMemory {
  readonly #path: string;
  readonly #frontiers = new Map<string, Frontier>();

  constructor(path: string) {
    this.#path = path;
    for (const [key, frontier] of Object.entries(storedIn(path))) {
      const restored = restoredFrom(frontier);
      if (restored) this.#frontiers.set(key, restored);
    }
  }

  get(witnessKey: string): Frontier {
    return this.#frontiers.get(witnessKey) ?? Frontier.empty;
  }

  /** Keeps what is new; not flushed, since it may be lost, and nobody else waits for the disk. */
  async keep(frontiers: ReadonlyMap<string, Frontier>): Promise<void> {
    for (const [key, frontier] of frontiers) this.#frontiers.set(key, frontier);
    const stored = [...this.#frontiers].map(([key, frontier]) => {
      const { size, peaks } = frontier.serialise();
      return [key, { size, peaks: peaks.map(encodeBase64) }] as const;
    });
    const body = { format: FORMAT, frontiers: Object.fromEntries(stored) };
    const part = `${this.#path}.part`;
    await writeFile(part, `${JSON.stringify(body)}\n`, { mode: 0o600 });
    await rename(part, this.#path);
  }
}

function storedIn(path: string): Record<string, StoredFrontier> {
  try {
    const body = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return body['format'] === FORMAT ? (body['frontiers'] as Record<string, StoredFrontier>) : {};
  } catch {
    return {};
  }
}

function restoredFrom({ size, peaks }: StoredFrontier): Frontier | undefined {
  if (!Array.isArray(peaks)) return undefined;
  const hashes = peaks.map((peak) => decodeBase64(String(peak)) ?? new Uint8Array());
  const restored = Frontier.restore({ size, peaks: hashes });
  return restored.ok ? restored.value : undefined;
}
