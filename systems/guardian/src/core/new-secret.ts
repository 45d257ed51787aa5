import { err, ok, type Result, secureUrl, sshOrigin } from '@ioi/basis';
import type { ItemFacts, NewSecret, SecretKind } from './vault-item.ts';
import { isMaterialKind, readMaterial } from './vault-material.ts';
import type { Refusal } from './wire.ts';

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const HEADER = /^[a-z][a-z0-9-]{0,63}$/;
/** What the connection and the protocol on it need for themselves. */
const TAKEN_FAMILY = /^(accept|content|mcp|proxy|trailer|transfer)(-|$)/;
const TAKEN = ['connection', 'cookie', 'host', 'keep-alive', 'last-event-id', 'te', 'upgrade'];
const AWS_NAME = /^[a-z][a-z0-9-]{1,63}$/;
const CHAIN_TIME = /^[1-9][0-9]{0,15}$/;
const EVM_ORIGIN = /^evm:[1-9][0-9]{0,15}$/;
/** Characters of a grant. */
export const MAX_GRANT = 256 * 1024;

type Given = Readonly<Record<string, unknown>>;

/**
 * What was asked to be put, when all of it is well. Messages never hold the secret. What can be
 * told of a key is not in it yet: that takes the key itself.
 */
export function readNewSecret(given: Given): Result<NewSecret, Refusal> {
  const { name, kind, server, origin, secret } = given;
  if (typeof name !== 'string' || !NAME.test(name)) return wrong('a name is like my-server');
  if (typeof server !== 'string' || !NAME.test(server)) return wrong('no server is named');
  if (!isSecretKind(kind)) return wrong('there is no secret of this kind');
  const place = readOrigin(kind, origin);
  if (!place.ok) return place;
  if (typeof secret !== 'string') return wrong('there is no secret');
  const facts = readFacts(kind, given);
  if (!facts.ok) return facts;
  const item = { name, kind, bound_to: { server, origin: place.value }, ...facts.value };
  if (kind !== 'oauth') {
    const material = readMaterial(kind, secret);
    return material.ok ? ok({ ...item, secret: material.value }) : material;
  }
  return secret.length > MAX_GRANT ? wrong('the grant is too large') : ok({ ...item, secret });
}

function isSecretKind(kind: unknown): kind is SecretKind {
  return kind === 'oauth' || isMaterialKind(kind);
}

/** Where a secret of this kind may go, in its one spelling. */
function readOrigin(kind: SecretKind, origin: unknown): Result<string, Refusal> {
  if (typeof origin !== 'string') return wrong('no origin is named');
  if (kind === 'ssh_key') {
    const place = sshOrigin(origin);
    return place === undefined ? wrong('the origin of this is ssh://HOST:PORT') : ok(place.origin);
  }
  if (kind === 'evm_key') {
    return EVM_ORIGIN.test(origin) ? ok(origin) : wrong('the origin of this is evm:CHAIN-ID');
  }
  const url = secureUrl(origin);
  if (url !== undefined && url.origin === origin) return ok(origin);
  return wrong('an origin is https://HOST, or http:// on this machine');
}

function readFacts(kind: SecretKind, given: Given): Result<ItemFacts, Refusal> {
  const { header, algorithm = 'sha256', region, service, expires_at: end } = given;
  if (end !== undefined && (typeof end !== 'string' || !CHAIN_TIME.test(end))) {
    return wrong('it expires at milliseconds of Chain Time, as text');
  }
  const always = end === undefined ? {} : { expires_at: end };
  if (kind === 'sigv4') {
    if (!isAwsName(region) || !isAwsName(service)) return wrong('it needs a region and a service');
    return ok({ ...always, region, service });
  }
  if (kind !== 'header' && kind !== 'webhook') return ok(always);
  if (typeof header !== 'string' || !HEADER.test(header) || isTaken(header)) {
    return wrong('this header is not one for a secret');
  }
  if (kind === 'header') return ok({ ...always, header });
  if (algorithm !== 'sha256' && algorithm !== 'sha512') {
    return wrong('an HMAC is made with sha256 or sha512');
  }
  return ok({ ...always, header, algorithm });
}

function isAwsName(name: unknown): name is string {
  return typeof name === 'string' && AWS_NAME.test(name);
}

function isTaken(header: string): boolean {
  return TAKEN.includes(header) || TAKEN_FAMILY.test(header);
}

function wrong(message: string): Result<never, Refusal> {
  return err({ code: 'credential.invalid', message });
}
