import { AT, COLON, isDigit, OPEN_SQUARE, runEnd, SLASH } from './characters.ts';

const LONGEST_USER_INFO = 256;
const QUESTION = 63;
const HASH = 35;

type Place = { readonly start: number; readonly end: number };

/** The password in an address, which goes on behind `://`: from the first `:` to the last `@`. */
export function passwordInAddress(text: string, start: number): Place | undefined {
  const stop = runEnd(text, start, isUserInfo, LONGEST_USER_INFO);
  const userInfo = text.slice(start, stop);
  const parted = userInfo.indexOf(':') + 1;
  if (parted === 0 || text.charCodeAt(start) === OPEN_SQUARE) return undefined;
  const end = endIn(text, start, stop) ?? endBehindSlash(text, start + parted, stop);
  if (end === undefined || end <= start + parted) return undefined;
  return { start: start + parted, end };
}

/** An `@` behind `?` or `#` counts where there is none before. */
function endIn(text: string, start: number, stop: number): number | undefined {
  const authority = runEnd(text, start, isAuthority, stop - start);
  const last = text.slice(start, authority).lastIndexOf('@');
  const end = last >= 0 ? last : text.slice(start, stop).indexOf('@');
  return end < 0 ? undefined : start + end;
}

/** A password with a slash in it that nobody encoded; digits up to the slash are a port. */
function endBehindSlash(text: string, password: number, slash: number): number | undefined {
  if (text.charCodeAt(slash) !== SLASH) return undefined;
  if (runEnd(text, password, isDigit, slash - password) === slash) return undefined;
  const end = runEnd(text, slash, isBehindSlash, LONGEST_USER_INFO);
  return text.charCodeAt(end) === AT ? end : undefined;
}

/** Printable, and neither a slash, a quote nor `<`. */
function isUserInfo(code: number): boolean {
  return code > 32 && code !== SLASH && code !== 34 && code !== 39 && code !== 60;
}

function isAuthority(code: number): boolean {
  return isUserInfo(code) && code !== QUESTION && code !== HASH;
}

function isBehindSlash(code: number): boolean {
  return code === SLASH || (isAuthority(code) && code !== AT && code !== COLON);
}
