import { decodeHex, err, ok, type Result } from '@ioi/basis';
import type { Refusal } from './wire.ts';

/** The text of a secret, by kind, as the edge is told it. */
export type Materials = {
  /** The token, the header's value, the private key: texts as they are. */
  readonly bearer: string;
  readonly header: string;
  /** PEM, or the form of OpenSSH; without a passphrase of its own. */
  readonly ssh_key: string;
  /** 64 digits of hex, in lower case. */
  readonly evm_key: string;
  /** These are JSON texts. */
  readonly basic: BasicMaterial;
  readonly sigv4: Sigv4Material;
  readonly webhook: WebhookMaterial;
};

export type MaterialKind = keyof Materials;

/** RFC 7617. */
export type BasicMaterial = { readonly username: string; readonly password: string };

/** What AWS calls a credential. */
export type Sigv4Material = {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token?: string;
};

/** The bytes of `secret` as UTF-8 are the key of the HMAC. */
export type WebhookMaterial = { readonly secret: string };

/** A shorter one could not be told from other text when it comes back. */
const BEARER = /^[\x21-\x7e]{8,8192}$/;
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]{6,8190})[\x21-\x7e]$/;
/** RFC 7617 2: a colon would end the name. */
const USERNAME = /^[^\p{Cc}:]{1,256}$/u;
const PASSWORD = /^[^\p{Cc}]{8,1024}$/u;
const ACCESS_KEY_ID = /^[A-Z0-9]{16,128}$/;
const SECRET_ACCESS_KEY = /^[A-Za-z0-9/+=]{16,128}$/;
const SESSION_TOKEN = /^[A-Za-z0-9/+=]{16,8192}$/;
/** The largest number a key of secp256k1 may be, SEC 2 2.4.1: one less than the group's order. */
const LARGEST_KEY = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140n;
const MAX_KEY_FILE = 32 * 1024;

type Read = (text: string) => Result<string, Refusal>;

const READERS: Readonly<Record<MaterialKind, Read>> = {
  bearer: matching(BEARER, 'a token is 8 to 8192 visible characters, no spaces'),
  header: matching(HEADER_VALUE, 'a header has 8 to 8192 visible characters'),
  basic: readBasic,
  sigv4: readSigv4,
  webhook: readWebhook,
  ssh_key: readKeyFile,
  evm_key: readEvmKey,
};

export function isMaterialKind(kind: unknown): kind is MaterialKind {
  return typeof kind === 'string' && Object.hasOwn(READERS, kind);
}

/** The material as it is kept, one spelling for one secret. Messages never hold any of it. */
export function readMaterial(kind: MaterialKind, text: string): Result<string, Refusal> {
  return READERS[kind](text);
}

function matching(pattern: RegExp, message: string): Read {
  return (text) => (pattern.test(text) ? ok(text) : wrong(message));
}

function readBasic(text: string): Result<string, Refusal> {
  const given = fieldsIn(text, ['username', 'password']);
  if (given === undefined) return wrong('it is JSON: {"username", "password"}');
  const { username = '', password = '' } = given;
  if (!USERNAME.test(username)) return wrong('a user name is 1 to 256 characters, none a colon');
  if (!PASSWORD.test(password)) return wrong('a password is 8 to 1024 characters of one line');
  return ok(JSON.stringify({ username, password } satisfies BasicMaterial));
}

function readSigv4(text: string): Result<string, Refusal> {
  const given = fieldsIn(text, ['access_key_id', 'secret_access_key', 'session_token']);
  if (given === undefined) {
    return wrong('it is JSON: {"access_key_id", "secret_access_key", "session_token"?}');
  }
  const { access_key_id = '', secret_access_key = '', session_token } = given;
  if (!ACCESS_KEY_ID.test(access_key_id)) return wrong('this is no access key id');
  if (!SECRET_ACCESS_KEY.test(secret_access_key)) return wrong('this is no secret access key');
  const keys = { access_key_id, secret_access_key };
  if (session_token === undefined) return ok(JSON.stringify(keys satisfies Sigv4Material));
  if (!SESSION_TOKEN.test(session_token)) return wrong('this is no session token');
  return ok(JSON.stringify({ ...keys, session_token } satisfies Sigv4Material));
}

function readWebhook(text: string): Result<string, Refusal> {
  const secret = fieldsIn(text, ['secret'])?.['secret'];
  if (secret === undefined) return wrong('it is JSON: {"secret"}');
  if (!PASSWORD.test(secret)) return wrong('a webhook secret is 8 to 1024 characters of one line');
  return ok(JSON.stringify({ secret } satisfies WebhookMaterial));
}

/** What kind of key it is shows when its public half is told. */
function readKeyFile(text: string): Result<string, Refusal> {
  const key = `${text.trim()}\n`.replaceAll('\r\n', '\n');
  const isPem = key.startsWith('-----BEGIN ') && /-----END [A-Z ]+-----\n$/.test(key);
  return isPem && key.length <= MAX_KEY_FILE ? ok(key) : wrong('this is no private key file');
}

function readEvmKey(text: string): Result<string, Refusal> {
  const digits = text.trim().replace(/^0x/, '').toLowerCase();
  if (decodeHex(digits)?.length !== 32) return wrong('a key is 64 digits of hex');
  const key = BigInt(`0x${digits}`);
  return key > 0n && key <= LARGEST_KEY ? ok(digits) : wrong('no key of secp256k1 is that number');
}

/** The object of texts, with no fields but these. */
function fieldsIn(text: string, names: readonly string[]): Record<string, string> | undefined {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const isKnown = ([name, each]: [string, unknown]): boolean =>
    names.includes(name) && typeof each === 'string';
  return Object.entries(value).every(isKnown) ? (value as Record<string, string>) : undefined;
}

/** What the parser says of a text quotes it, so it says nothing here. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrong(message: string): Result<never, Refusal> {
  return err({ code: 'credential.invalid', message });
}
