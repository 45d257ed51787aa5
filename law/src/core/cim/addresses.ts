import { COLON, DOT, digitAt, isAlphanumeric } from './characters.ts';

const LONGEST_IPV6 = 45;
const GROUPS = 8;

/** Whether these digits are a number from 0 to 255 in its one spelling. */
export function isOctet(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < 1 || length > 3 || (length > 1 && digitAt(text, start) === 0)) return false;
  return Number(text.slice(start, end)) <= 255;
}

/** Where the IPv6 address ends that begins here; it fills the run but for a last `.` or `:`. */
export function ipv6End(text: string, start: number, run: number): number | undefined {
  let end = run;
  const isLoose = (at: number): boolean => {
    const code = text.charCodeAt(at);
    return code === DOT || (code === COLON && text.charCodeAt(at - 1) !== COLON);
  };
  while (end > start && isLoose(end - 1)) end -= 1;
  if (end - start > LONGEST_IPV6 || isAlphanumeric(text.charCodeAt(run))) return undefined;
  return isIpv6(text.slice(start, end)) ? end : undefined;
}

/** RFC 4291 2.2. The unspecified and the loopback address are nobody's. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || text === '::' || text === '::1') return false;
  const [head = '', tail] = halves;
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')];
  const last = groups.at(-1);
  const isMixed = last?.includes('.') === true;
  const hex = isMixed ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  if (isMixed && !isIpv4(last)) return false;
  const count = hex.length + (isMixed ? 2 : 0);
  if (tail === undefined) return count === GROUPS;
  // A shortened one of few letters is as likely a scope in a program: `a::b`.
  return count < GROUPS && (count >= 3 || (count >= 2 && /[0-9]/.test(head)));
}

function groupsOf(half: string): readonly string[] {
  return half === '' ? [] : half.split(':');
}

function isIpv4(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => isDecimal(octet));
}

function isDecimal(octet: string): boolean {
  return /^[0-9]{1,3}$/.test(octet) && isOctet(octet, 0, octet.length);
}
