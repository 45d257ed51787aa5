import { decodeUtf8 } from '@ioi/basis';

/**
 * A name, or names with `/` between them, below a folder: one letter for each byte, since names of
 * files are bytes and need be no text.
 */
export type BytePath = string;

function bytesOf(path: BytePath): Uint8Array {
  return Uint8Array.from(path, (letter) => letter.charCodeAt(0));
}

/** What is no text is shown otherwise than it is: rules about paths do not find it. */
export function isText(path: BytePath): boolean {
  return decodeUtf8(bytesOf(path)) !== undefined;
}

/** For people: as UTF-8 where it is that, else with its odd bytes as `\xNN`. */
export function textOf(path: BytePath): string {
  const text = decodeUtf8(bytesOf(path));
  if (text !== undefined) return text;
  return path.replaceAll(/[^ -~]/g, (letter) => {
    return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Where it lies; the folder itself is the empty path. */
export function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function childOf(folder: BytePath, name: BytePath): BytePath {
  return folder === '' ? name : `${folder}/${name}`;
}

export function depthOf(path: BytePath): number {
  return path === '' ? 0 : path.split('/').length;
}
