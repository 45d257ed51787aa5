/** What the pure cores need from the machine they run on. Both platforms answer alike. */

/** The parts of a URL as the WHATWG URL standard computes them: hosts lower-cased, IDNA-mapped. */
export type ParsedUrl = {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly href: string;
  readonly username: string;
  readonly password: string;
};

/** UTF-8 of a string. Lone surrogates become U+FFFD: check `isWellFormed` where that matters. */
export function encodeUtf8(text: string): Uint8Array;

/** The string of UTF-8 bytes; undefined when they are not UTF-8. A leading BOM stays visible. */
export function decodeUtf8(bytes: Uint8Array): string | undefined;

/** Absolute URLs only; undefined when the text is none. */
export function parseUrl(text: string): ParsedUrl | undefined;

/** RFC 4648 section 4, with padding. */
export function encodeBase64(bytes: Uint8Array): string;

/** Undefined unless encoding the result gives the same text: one spelling for each value. */
export function decodeBase64(text: string): Uint8Array | undefined;

/** Lower-case. */
export function encodeHex(bytes: Uint8Array): string;

/** Lower-case and of even length, or undefined. */
export function decodeHex(text: string): Uint8Array | undefined;
