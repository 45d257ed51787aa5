import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes, isDigest } from '@ioi/canon';
import {
  REFERENCE_MARK,
  SALT_DIGITS,
  STREAM_MARK,
  saltedText,
  streamIn,
  unsaltedText,
} from '@ioi/law';
import type { ActionRequest, Rejection, RuntimeToolContract } from '@ioi/protocol';

/**
 * A text taken out of a request, with its salt before it; the request holds the digest instead
 * (whitepaper 2.6.1, 8.2).
 */
export type Payload = { readonly digest: Digest; readonly text: string };

/** Salted texts by digest; undefined when it is not held. */
export type PayloadLookup = (digest: Digest) => string | undefined;

type Params = ActionRequest['params'];
type Extracted = { readonly params: Params; readonly payloads: readonly Payload[] };

/** Parameter beside the arguments: over the network these are headers, with credentials in them. */
const META = '_meta';
/** Longest text, in UTF-8 bytes, that a request carries itself where a policy reads it. */
const LONGEST_READ = 4096;
/** The same where nothing says what the text is. */
const LONGEST_INLINE = 256;
const DEEPEST = 64;
const MOST_PAYLOADS = 1024;

/** Parameters that policies read besides paths and URLs, and are no content. */
const READ: ReadonlySet<string> = new Set([
  'amount',
  'app',
  'argv',
  'command',
  'cwd',
  'host',
  'intents',
  'method',
  'port',
  'protocol',
]);

/**
 * The parameters with contents, and every other long text, replaced by `{"$payload": digest,
 * "bytes": n}`, and those texts. Refuses a value that has a member of that name itself: it could
 * pass for another's payload. `salt` is 32 hex digits of chance, fresh for each call;
 * `streamed`, what alone may stand in it as `{"$stream": digest, "bytes": n}`.
 */
export function extractPayloads(
  params: Params,
  contract: RuntimeToolContract,
  salt: string,
  streamed?: Digest,
): Result<Extracted, Rejection> {
  const payloads: Payload[] = [];
  const kinds = new Map(contract.parameters.map((each) => [each.parameter, each.kind]));
  const extracted: [string, unknown][] = [];
  for (const [name, value] of Object.entries(params)) {
    const isBeside = name === META && contract.rrsa_domain === 'network';
    const longest = isBeside ? 0 : longestOf(name, kinds.get(name));
    const taken = extract(value, { payloads, longest, salt, streamed }, 0);
    if (!taken.ok) return taken;
    extracted.push([name, taken.value]);
  }
  if (payloads.length > MOST_PAYLOADS) {
    return refuse('request.too_large', `more than ${MOST_PAYLOADS} texts`);
  }
  return ok({ params: Object.fromEntries(extracted), payloads });
}

/** The exact inverse. Refuses when a text is not held or is not the one that was taken out. */
export function restorePayloads(value: unknown, lookup: PayloadLookup): Result<unknown, Rejection> {
  if (typeof value !== 'object' || value === null) return ok(value);
  if (Array.isArray(value)) return mapItems(value, (item) => restorePayloads(item, lookup));
  if (!Object.hasOwn(value, REFERENCE_MARK)) {
    return mapMembers(value, (member) => restorePayloads(member, lookup));
  }
  const digest = (value as { [REFERENCE_MARK]: unknown })[REFERENCE_MARK];
  const salted = isDigest(digest) ? lookup(digest) : undefined;
  const isIt = salted !== undefined && digestBytes(salted) === digest;
  const text = isIt ? unsaltedText(salted) : undefined;
  if (text !== undefined) return ok(text);
  return refuse('request.invalid', `the payload ${String(digest)} is not held`);
}

type Kind = RuntimeToolContract['parameters'][number]['kind'];

/** Contents never stand in the log, however short. */
function longestOf(name: string, kind: Kind | undefined): number {
  if (kind === 'content' || name === 'text') return 0;
  const isRead = READ.has(name) || (kind !== undefined && kind !== 'value');
  return isRead ? LONGEST_READ : LONGEST_INLINE;
}

type Extracting = {
  readonly payloads: Payload[];
  readonly longest: number;
  readonly salt: string;
  readonly streamed: Digest | undefined;
};

function extract(value: unknown, into: Extracting, depth: number): Result<unknown, Rejection> {
  if (typeof value === 'string') return ok(extractText(value, into));
  if (typeof value !== 'object' || value === null) return ok(value);
  if (depth >= DEEPEST) return refuse('request.invalid', `nested deeper than ${DEEPEST}`);
  if (Array.isArray(value)) return mapItems(value, (item) => extract(item, into, depth + 1));
  const stream = streamIn(value);
  if (stream !== undefined && stream.$stream === into.streamed) return ok(value);
  const mark = [REFERENCE_MARK, STREAM_MARK].find((each) => Object.hasOwn(value, each));
  if (mark !== undefined) {
    return refuse('request.invalid', `an argument has a member called \`${mark}\``);
  }
  return mapMembers(value, (member) => extract(member, into, depth + 1));
}

function extractText(text: string, { payloads, longest, salt }: Extracting): unknown {
  // No code unit takes more than three bytes. Half a surrogate pair has no UTF-8 and so no
  // digest: it stays, and makes the request one without a canonical form.
  if (text.length * 3 <= longest || text === '' || !text.isWellFormed()) return text;
  const bytes = encodeUtf8(text).length;
  if (bytes <= longest) return text;
  const salted = saltedText(saltOf(salt, payloads.length), text);
  const digest = digestBytes(salted);
  payloads.push({ digest, text: salted });
  return { [REFERENCE_MARK]: digest, bytes };
}

/** One for each text, so that none is known by another of its call. */
function saltOf(salt: string, index: number): string {
  const digest = digestBytes(`${salt} ${index}`);
  return digest.slice('sha256:'.length, 'sha256:'.length + SALT_DIGITS);
}

type Mapping = (value: unknown) => Result<unknown, Rejection>;

function mapItems(items: readonly unknown[], map: Mapping): Result<unknown, Rejection> {
  const mapped: unknown[] = [];
  for (const item of items) {
    const result = map(item);
    if (!result.ok) return result;
    mapped.push(result.value);
  }
  return ok(mapped);
}

function mapMembers(value: object, map: Mapping): Result<unknown, Rejection> {
  const mapped: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const result = map(member);
    if (!result.ok) return result;
    mapped.push([name, result.value]);
  }
  // Makes own members of any name, `__proto__` too.
  return ok(Object.fromEntries(mapped));
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
