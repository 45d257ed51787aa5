import { isObject, type JsonObject, notificationLine } from '@ioi/jsonrpc';
import {
  type Introduction,
  isStatelessError,
  offeredVersions,
  readDiscovery,
  readInitialisation,
  STATEFUL_HELLO,
  STATEFUL_VERSIONS,
  STATELESS_VERSIONS,
  statelessMeta,
} from '../core/eras.ts';
import { standardHeaders } from '../core/http-headers.ts';
import type { Reply } from './conversation.ts';
import { Patience } from './patience.ts';
import { type Described, type Era, UpstreamFault } from './upstream.ts';
import { request, type Wire, wordsFor } from './wire.ts';

export type HandshakeOptions = {
  /** Asked for nothing else where it is known. */
  readonly era?: Era | undefined;
  readonly handshakeMs: number;
  /** How long a server may be silent before it is taken for one that has sessions. */
  readonly probeMs: number;
  /** Ends the connection, however long the server might still be waited for. */
  readonly closing: AbortSignal;
};

/** Of an introduction, in bytes: instructions may be long. */
const INTRODUCTION_BYTES = 4 * 1024 * 1024;
/** HTTP answers after which the older transport is tried (MCP 2025-11-25, transports). */
const OLDER_STATUSES = [400, 404, 405];

/** This server may speak the HTTP+SSE transport of 2024-11-05. */
export class OlderTransport extends Error {
  override readonly name = 'OlderTransport';
}

/**
 * Finds out which era a server is of, as MCP 2026-07-28 says for dual-era clients: a server that
 * answers `server/discover`, or refuses it as only servers without sessions do, has none; any
 * other answer and none at all mean `initialize`. Throws UpstreamFault, and OlderTransport where
 * the refusal of `initialize` suggests it.
 */
export async function shakeHands(wire: Wire, options: HandshakeOptions): Promise<Described> {
  const { closing } = options;
  const leave = (): void => void wire.stop();
  closing.addEventListener('abort', leave);
  try {
    if (closing.aborted) throw new UpstreamFault('upstream.closed', 'the upstream is closed');
    return await introduced(wire, options);
  } finally {
    closing.removeEventListener('abort', leave);
  }
}

async function introduced(wire: Wire, options: HandshakeOptions): Promise<Described> {
  const { era, probeMs, handshakeMs } = options;
  if (era === 'stateful') return initialise(wire, handshakeMs);
  const firstMs = era === 'stateless' ? handshakeMs : Math.min(probeMs, handshakeMs);
  const first = await discover(wire, firstMs);
  if ('described' in first) return first.described;
  if (era === 'stateless' || !wire.isAlive) throw refused(first.reply);
  const hasSessions = first.reply.kind !== 'silent' || first.reply.silence !== 'timeout';
  try {
    return await initialise(wire, handshakeMs);
  } catch (error) {
    if (hasSessions || !wire.isAlive) throw error;
    // It was only slow, and has just said that it knows no such thing as a session.
    const second = await discover(wire, handshakeMs);
    if ('described' in second) return second.described;
    throw error;
  }
}

type Discovered = { readonly described: Described } | { readonly reply: Reply };

async function discover(wire: Wire, timeoutMs: number): Promise<Discovered> {
  let version: string = STATELESS_VERSIONS[0];
  for (let tries = 0; ; tries += 1) {
    const reply = await askDiscovery(wire, version, timeoutMs);
    if (reply.kind === 'result') {
      const found = readDiscovery(reply.result);
      if (found === undefined) return { reply };
      const agreed = commonVersion(found.versions);
      return agreed === undefined
        ? otherVersions(found.versions)
        : agree(wire, agreed, found.about);
    }
    if (reply.kind !== 'error' || !isStatelessError(reply.error)) return { reply };
    const offered = offeredVersions(reply.error);
    if (offered === undefined || tries > 0) throw refused(reply);
    const common = commonVersion(offered);
    if (common === undefined) return otherVersions(offered);
    version = common;
  }
}

function agree(
  wire: Wire,
  protocolVersion: string,
  about: Omit<Introduction, 'protocolVersion'>,
): Discovered {
  wire.conversation.refuseQuestions();
  wire.agree(undefined);
  return { described: { era: 'stateless', protocolVersion, ...about } };
}

/** No version without sessions is known to both sides; one with them may be. */
function otherVersions(offered: readonly string[]): Discovered {
  if (offered.some((each) => STATEFUL_VERSIONS.some((known) => known === each))) {
    return { reply: { kind: 'silent', silence: 'closed', detail: 'only versions with sessions' } };
  }
  const shown = offered.join(', ').slice(0, 80).toWellFormed();
  throw new UpstreamFault('upstream.version_unsupported', `it speaks versions ${shown}`);
}

function commonVersion(offered: readonly string[]): string | undefined {
  return STATELESS_VERSIONS.find((version) => offered.includes(version));
}

async function askDiscovery(wire: Wire, version: string, timeoutMs: number): Promise<Reply> {
  const params = { _meta: statelessMeta(version, undefined, {}) };
  const headers = standardHeaders(version, 'server/discover', params);
  return ask(wire, { method: 'server/discover', params, headers, timeoutMs });
}

async function initialise(wire: Wire, timeoutMs: number): Promise<Described> {
  const reply = await ask(wire, { method: 'initialize', params: STATEFUL_HELLO, timeoutMs });
  if (reply.kind === 'error' && OLDER_STATUSES.includes(reply.status ?? 0)) {
    throw new OlderTransport(wordsFor(reply));
  }
  if (reply.kind !== 'result' || !isObject(reply.result)) throw refused(reply);
  const introduction = readInitialisation(reply.result);
  if (introduction === undefined) {
    const shown = String(reply.result['protocolVersion']).slice(0, 40).toWellFormed();
    throw new UpstreamFault('upstream.version_unsupported', `it speaks version ${shown}`);
  }
  wire.agree(introduction.protocolVersion);
  wire.tell(notificationLine('notifications/initialized'));
  return { era: 'stateful', ...introduction };
}

type Asked = {
  readonly method: string;
  readonly params: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

async function ask(wire: Wire, { timeoutMs, ...asked }: Asked): Promise<Reply> {
  const patience = new Patience({ timeoutMs });
  const bounds = { patience, outputBytes: INTRODUCTION_BYTES, isAct: false, isQuiet: true };
  try {
    return await request(wire, { ...asked, ...bounds });
  } finally {
    patience.stop();
  }
}

function refused(reply: Reply): UpstreamFault {
  return new UpstreamFault('upstream.handshake_failed', `no handshake: ${wordsFor(reply)}`);
}
