import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

export type Asset = {
  readonly type: string;
  readonly bytes: Buffer;
  /** Brotli, where that is shorter; made beside the daemon's work, when it is first asked for. */
  readonly small: () => Promise<Buffer | undefined>;
  /** Its name changes with its content. */
  readonly isNamedByContent: boolean;
};

export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const compress = promisify(brotliCompress);
const PAGE = '/index.html';

/** What is looked up by an id, which may have a dot. */
const BY_ID = '/atlas/';

/**
 * The built pages of a folder by their paths; undefined where nothing is built, or something is
 * being built. `before`: what was read last, of which the same files are not made small again.
 */
export function readAssets(folder: string, before?: Assets): Assets | undefined {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const known = names.flatMap((name) => {
      const type = TYPES[extname(name)];
      return type === undefined
        ? []
        : [[`/${name}`, read({ folder, name, type }, before)] as const];
    });
    const assets = new Map(known);
    return assets.has(PAGE) ? assets : undefined;
  } catch {
    return undefined;
  }
}

/** Every address that is no file is a page, which the program in the browser draws. */
export function assetAt(assets: Assets, path: string): Asset | undefined {
  const isPage = extname(path) === '' || path.startsWith(BY_ID);
  return assets.get(path) ?? (isPage ? assets.get(PAGE) : undefined);
}

type Place = { readonly folder: string; readonly name: string; readonly type: string };

function read({ folder, name, type }: Place, before: Assets | undefined): Asset {
  const bytes = readFileSync(join(folder, name));
  const same = before?.get(`/${name}`);
  if (same?.bytes.equals(bytes)) return same;
  const isNamedByContent = name.startsWith('assets/');
  return { type, bytes, small: madeSmall(bytes), isNamedByContent };
}

function madeSmall(bytes: Buffer): Asset['small'] {
  let made: Promise<Buffer | undefined> | undefined;
  const shorter = (small: Buffer) => (small.length < bytes.length ? small : undefined);
  return () => {
    made ??= compress(bytes).then(shorter);
    return made;
  };
}
