import { createHash, type X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  freshNonce,
  type TimestampDemand,
  timestampRequest,
  trustedCertificates,
  type VerifiedTimestamp,
  verifyTimestamp,
} from '@ioi/crypto/timestamp/shell';
import { type Options, textOption } from './context.ts';
import { CommandFault, messageOf, usageFault } from './fault.ts';

/** A time stamp as the authority gave it, checked. */
export type Stamp = VerifiedTimestamp & { readonly response: Uint8Array };

/** Whom to ask for a time stamp, and who is believed. */
export type StampingAuthority = {
  readonly url: string;
  readonly trusted: readonly X509Certificate[];
  readonly policy: string | undefined;
};

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 64 * 1024;
/** RFC 3161 4: whoever asks holds the time against a clock of their own. */
const MOST_APART_MS = 10 * 60_000;
const DOTTED = /^[0-2](\.(0|[1-9][0-9]{0,14})){1,30}$/;

/** Beside what was stamped: the authority's response, as `openssl ts` reads it. */
export function stampPath(path: string): string {
  return `${path}.tsr`;
}

/** From `--timestamp URL --tsa-ca FILE [--tsa-policy OID]`; undefined where none is asked for. */
export function stampingAuthority(options: Options): StampingAuthority | undefined {
  const url = textOption(options, 'timestamp');
  const policy = textOption(options, 'tsaPolicy');
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usageFault(`${url} is no http:// or https:// address`);
  }
  if (policy !== undefined && !DOTTED.test(policy)) {
    throw usageFault('a policy is an object identifier such as 1.2.3.4');
  }
  const trusted = trustedAuthorities(options);
  if (trusted) return { url, trusted, policy };
  throw usageFault('say whose time stamps are believed: --tsa-ca FILE, certificates in PEM');
}

/** Has bytes stamped; nothing is given back that would not verify. */
export async function askStamp(bytes: Uint8Array, authority: StampingAuthority): Promise<Stamp> {
  const { url, trusted, policy } = authority;
  const nonce = freshNonce();
  const digest = digestOf(bytes);
  const response = await post(url, timestampRequest({ digest, nonce, policy }));
  const stamp = checked(response, { digest, nonce, policy, trusted });
  if (Math.abs(Date.parse(stamp.time) - Date.now()) > MOST_APART_MS) {
    throw unverified('timestamp.wrong_time', `it says ${stamp.time}, which is not now here`);
  }
  return { ...stamp, response };
}

/** The stamp that is kept beside a file, where `--tsa-ca` says who is believed. */
export function keptStamp(path: string, options: Options): VerifiedTimestamp | undefined {
  const trusted = trustedAuthorities(options);
  if (!trusted) return undefined;
  const policy = textOption(options, 'tsaPolicy');
  const kept = stampPath(path);
  if (!existsSync(path) || !existsSync(kept)) {
    const next = 'ioi checkpoint --timestamp URL --tsa-ca FILE --out FILE    on the node';
    throw usageFault(`there is no time stamp ${kept}`, next);
  }
  const demand = { digest: digestOf(readFileSync(path)), trusted, policy };
  return checked(new Uint8Array(readFileSync(kept)), demand);
}

function checked(response: Uint8Array, demand: TimestampDemand): VerifiedTimestamp {
  const verified = verifyTimestamp(response, demand);
  if (verified.ok) return verified.value;
  throw unverified(verified.error.code, verified.error.message);
}

function trustedAuthorities(options: Options): X509Certificate[] | undefined {
  const path = textOption(options, 'tsaCa');
  if (path === undefined) return undefined;
  try {
    return trustedCertificates(readFileSync(path, 'utf8'));
  } catch (fault) {
    throw usageFault(`${path} holds no certificate that can be read: ${messageOf(fault)}`);
  }
}

async function post(url: string, body: Uint8Array): Promise<Uint8Array> {
  const headers = { 'content-type': 'application/timestamp-query' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    const given = new Uint8Array(body);
    response = await fetch(url, {
      method: 'POST',
      headers,
      body: given,
      redirect: 'error',
      signal,
    });
  } catch (fault) {
    throw unanswered(messageOf(fault));
  }
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !type.startsWith('application/timestamp-reply')) {
    await response.body?.cancel();
    throw unanswered(`it answered ${response.status} ${type}`);
  }
  return boundedBody(response);
}

async function boundedBody(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw unanswered(`its answer is longer than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function unverified(code: string, message: string): CommandFault {
  return new CommandFault({ exit: 'unverified', code, message: `the time stamp: ${message}` });
}

function unanswered(message: string): CommandFault {
  const said = `the authority gave no time stamp: ${message}`;
  return new CommandFault({ exit: 'unexpected', code: 'timestamp.no_answer', message: said });
}
