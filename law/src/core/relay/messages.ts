import { encodeUtf8 } from '@ioi/basis';
import { canonicalJson, parseStrict } from '@ioi/canon';
import type { HybridPublicKey, HybridSignature } from '@ioi/crypto';
import { isDeviceHost } from './device-host.ts';

/** What a node says to a relay; each is the body of one frame. */
export type NodeSays =
  /** Let me have what comes for this name. */
  | { readonly kind: 'link'; readonly name: string; readonly key: HybridPublicKey }
  | { readonly kind: 'proof'; readonly signature: HybridSignature }
  /** First of a connection of its own: the bytes of one call go here, and nothing else after it. */
  | { readonly kind: 'take'; readonly token: string }
  | { readonly kind: 'ping' };

/** What a relay says to a node. */
export type RelaySays =
  | { readonly kind: 'prove'; readonly nonce: string }
  | { readonly kind: 'linked' }
  /** Somebody came for the name. */
  | { readonly kind: 'call'; readonly token: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'pong' };

/** More than the longest message, which has a signature of 2,420 bytes in it. */
export const MOST_RELAY_BYTES = 8192;

const ALGORITHM = 'hybrid-ed25519-ml-dsa-44';
/** Of a key or signature in base64. */
const LONGEST_PART = 3400;
const TOKEN = /^[0-9a-f]{64}$/;
const LONGEST_SAID = 300;

export function relayFrame(said: NodeSays | RelaySays): Uint8Array {
  return encodeUtf8(JSON.stringify(said));
}

export function nodeSaysIn(body: Uint8Array): NodeSays | undefined {
  const said = membersOf(body);
  const { kind, name, token } = said;
  if (kind === 'ping') return { kind };
  if (kind === 'take' && isToken(token)) return { kind, token };
  if (kind === 'proof') {
    const signature = signatureIn(said['signature']);
    return signature && { kind, signature };
  }
  if (kind !== 'link' || typeof name !== 'string' || !isDeviceHost(name)) return undefined;
  const key = keyIn(said['key']);
  return key && { kind, name, key };
}

export function relaySaysIn(body: Uint8Array): RelaySays | undefined {
  const { kind, nonce, token, code, message } = membersOf(body);
  if (kind === 'pong' || kind === 'linked') return { kind };
  if (kind === 'prove' && isToken(nonce)) return { kind, nonce };
  if (kind === 'call' && isToken(token)) return { kind, token };
  if (kind !== 'refused' || typeof code !== 'string' || typeof message !== 'string') {
    return undefined;
  }
  return { kind, code: code.slice(0, LONGEST_SAID), message: message.slice(0, LONGEST_SAID) };
}

/**
 * What a node signs. The relay is named as the node knows it, so that a relay which hands on the
 * challenge of another gets nothing there.
 */
export function linkProofBytes(relay: string, name: string, nonce: string): Uint8Array {
  const text = canonicalJson({ format: 'ioi-relay-link/1', relay, name, nonce });
  return encodeUtf8(text.ok ? text.value : '');
}

function membersOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  const parsed = parseStrict(body, { maxBytes: MOST_RELAY_BYTES, maxDepth: 4 });
  return parsed.ok ? (Object(parsed.value) as Record<string, unknown>) : {};
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** Anew, member by member: whatever else came along is in no digest of it. */
function keyIn(value: unknown): HybridPublicKey | undefined {
  const { algorithm, ed25519, ml_dsa_44 } = Object(value) as Record<string, unknown>;
  if (algorithm !== ALGORITHM || !isPart(ed25519) || !isPart(ml_dsa_44)) return undefined;
  return { algorithm, ed25519, ml_dsa_44 };
}

function signatureIn(value: unknown): HybridSignature | undefined {
  const { algorithm, key_id, ed25519, ml_dsa_44 } = Object(value) as Record<string, unknown>;
  if (algorithm !== ALGORITHM || !isPart(key_id) || !isPart(ed25519) || !isPart(ml_dsa_44)) {
    return undefined;
  }
  return { algorithm, key_id, ed25519, ml_dsa_44 };
}

function isPart(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_PART;
}
