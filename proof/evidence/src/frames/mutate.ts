import { encodeUtf8, type SeededRandom } from '@ioi/basis';

/** A valid message, from which wrong ones are made. */
export type Template = Readonly<Record<string, unknown>>;

type Change = (text: string, random: SeededRandom, others: readonly Template[]) => string;

/** Numbers that some reader takes for another, and things that are no number. */
const NUMBERS: readonly string[] = [
  ...['1e999', '-1e999', '-0', '1e-999', '9007199254740993', '123456789012345678901234567890'],
  ...['0x10', '01', '1.', '.5', 'NaN', 'Infinity', '-', '+1', '4294967296', '0.1e1'],
];

/** Values of every type, for a place where another was wanted. */
const VALUES: readonly string[] = [
  ...['null', 'true', '""', '[]', '{}', '-1', '1.5', '"\\u0000"', '"\\ud800"', '[[]]'],
  ...['{"__proto__":{}}', '{"constructor":1}', '"tools/call"', '"\\ufeff"', '"a\\nb"'],
];

/** What the other era would have said. */
const FOREIGN: readonly string[] = [
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}',
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"1.0","progressToken":{}}',
  '"_meta":{"io.modelcontextprotocol/clientCapabilities":[]}',
  '"requestState":"somebody else\'s","inputResponses":{"a":{"action":"accept"}}',
  '"inputResponses":{"__proto__":null}',
  '"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}}',
  '"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}',
  '"task":{"ttl":1}',
];

const KEYS: readonly string[] = ['id', 'method', 'params', 'jsonrpc', 'result', 'error', 'name'];

const CHANGES: readonly Change[] = [
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => text.slice(random.below(text.length)),
  /** The beginning of one message and the end of another. */
  (text, random, others) => {
    const other = JSON.stringify(pick(others, random));
    return text.slice(0, random.below(text.length)) + other.slice(random.below(other.length));
  },
  (text, random, others) => text + JSON.stringify(pick(others, random)),
  (text, random) => `[${Array.from({ length: random.below(4) }, () => text).join(',')}]`,
  /** One key twice, the second time with another value. */
  (text, random) => inserted(text, random, `"${pick(KEYS, random)}":${pick(VALUES, random)}`),
  (text, random) => inserted(text, random, pick(FOREIGN, random)),
  (text, random) => replaced(text, random, /-?\b\d+\b/g, pick(NUMBERS, random)),
  (text, random) => replaced(text, random, /"[^"\\]*"(?!:)|\b\d+\b|\{\}/g, pick(VALUES, random)),
  (text, random) => replaced(text, random, /"[^"\\]*":/g, `"${pick(KEYS, random)}":`),
  (text, random) => replaced(text, random, /\{\}|"[^"\\]*"(?!:)/g, nested(random)),
  (text, random) => replaced(text, random, /"[^"\\]*"(?!:)/g, long(random)),
  (text, random) => replaced(text, random, /[:,]/g, pick([' ', '\u00a0', '\u2028', ''], random)),
  (text, random) => pick(['\ufeff', '\u0000', ' ', '\r', '\t\v'], random) + text,
];

/** What no honest peer would write, made from a valid message; the same for the same seed. */
export function mutant(templates: readonly Template[], random: SeededRandom): Uint8Array {
  let text = JSON.stringify(pick(templates, random));
  // Mostly one: what is wrong in many ways is refused for the first of them.
  const changes = Math.max(1, random.below(5) - 2);
  for (let change = 0; change < changes; change += 1) {
    text = pick(CHANGES, random)(text, random, templates) || ' ';
  }
  const bytes = encodeUtf8(text);
  return random.below(8) === 0 ? flipped(bytes, random) : bytes;
}

/** Some bits of some bytes, which may end a line or make a text that is none. */
function flipped(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = bytes.slice();
  for (let flips = random.below(6); flips >= 0; flips -= 1) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
}

export function pick<T>(from: readonly T[], random: SeededRandom): T {
  return from[random.below(from.length)] as T;
}

function inserted(text: string, random: SeededRandom, member: string): string {
  return replaced(text, random, /\{(?=")/g, `{${member},`);
}

function replaced(text: string, random: SeededRandom, what: RegExp, by: string): string {
  const places = [...text.matchAll(what)];
  if (places.length === 0) return text;
  const { index, 0: found } = pick(places, random);
  return text.slice(0, index) + by + text.slice(index + found.length);
}

function nested(random: SeededRandom): string {
  const depth = 1 << random.below(13);
  const [open, close] = pick([['[', ']'] as const, ['{"a":', '}'] as const], random);
  return `${open.repeat(depth)}1${random.below(4) === 0 ? '' : close.repeat(depth)}`;
}

function long(random: SeededRandom): string {
  return `"${pick(['x', '\\u0000', '😀', '\\"'], random).repeat(1 << random.below(15))}"`;
}
