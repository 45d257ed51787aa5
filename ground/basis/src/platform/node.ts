import { Buffer, isUtf8 } from 'node:buffer';
import { URL } from 'node:url';
import type { ParsedUrl } from './contract.d.ts';

const encoder = new TextEncoder();

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  return view(bytes).toString('utf8');
}

export function parseUrl(text: string): ParsedUrl | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  const { protocol, hostname, port, pathname, search, href, username, password } = url;
  return { protocol, hostname, port, pathname, search, href, username, password };
}

export function encodeBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

export function decodeBase64(text: string): Uint8Array | undefined {
  const decoded = Buffer.from(text, 'base64');
  return decoded.toString('base64') === text ? new Uint8Array(decoded) : undefined;
}

export function encodeHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

export function decodeHex(text: string): Uint8Array | undefined {
  const decoded = Buffer.from(text, 'hex');
  return decoded.toString('hex') === text ? new Uint8Array(decoded) : undefined;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
