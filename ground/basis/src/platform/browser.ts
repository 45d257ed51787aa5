import type { ParsedUrl } from './contract.d.ts';

const encoder = new TextEncoder();
// Fatal, so that broken bytes never become U+FFFD; keeping the BOM, so that callers can refuse it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// `String.fromCharCode` takes its arguments on the stack.
const CHUNK = 8192;
const HEX = /^(?:[0-9a-f]{2})*$/;

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function parseUrl(text: string): ParsedUrl | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  const { protocol, hostname, port, pathname, search, href, username, password } = url;
  return { protocol, hostname, port, pathname, search, href, username, password };
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    const binary = atob(text);
    if (btoa(binary) !== text) return undefined;
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function decodeHex(text: string): Uint8Array | undefined {
  if (!HEX.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}
