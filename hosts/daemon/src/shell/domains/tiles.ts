import { encodeUtf8 } from '@ioi/basis';
import { encodeEntryBundle, parseTilePath } from '@ioi/merkle';
import type { HeadReader } from '../head-reader.ts';

const WIDTH = 256;
/** Levels of the log between two levels of tiles. */
const HEIGHT = 8;

/** The bytes of a tile of the sealed log (C2SP tlog-tiles); undefined when it has none there. */
export function tileAt(reader: HeadReader, path: string): Uint8Array | undefined {
  const tile = parseTilePath(path);
  if (!tile.ok) return undefined;
  const { level, index, width } = tile.value;
  const from = index * WIDTH;
  const to = from + width;
  if (level === 'entries') {
    if (to > reader.size) return undefined;
    const bundle = encodeEntryBundle(reader.texts(from, to).map(encodeUtf8));
    return bundle.ok ? bundle.value : undefined;
  }
  const span = 2 ** (HEIGHT * level);
  if (to * span > reader.size) return undefined;
  const bytes = new Uint8Array(width * 32);
  const hashes = reader.subtrees(HEIGHT * level, from, to);
  for (const [at, hash] of hashes.entries()) bytes.set(hash, at * 32);
  return bytes;
}
