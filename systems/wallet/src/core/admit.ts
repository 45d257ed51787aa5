import { ok, type Result, secureUrl, sshOrigin } from '@ioi/basis';
import { type EdgeRefusal, unsent } from './refusal.ts';
import type { MessageProof } from './sealed-message.ts';

/** A server that gets a credential, as node.json has it. */
export type Target = {
  readonly server: string;
  /** The one URL that is sent to. */
  readonly url: string;
  readonly origin: string;
  /** On this machine. */
  readonly isLocal: boolean;
  /** Name of the secret. */
  readonly credential: string;
  /** It is reached by sealed actions alone. */
  readonly isConnector: boolean;
};

export type Header = readonly [name: string, value: string];

/** What the daemon wants sent. */
export type Wanted = {
  readonly server: string;
  readonly url: string;
  readonly method: string;
  readonly headers: readonly Header[];
  /** Of an act. */
  readonly proof?: MessageProof;
};

/** What will be sent, but for the credential. */
export type Outgoing = {
  readonly target: Target;
  readonly method: string;
  readonly headers: readonly Header[];
};

const METHODS: readonly string[] = ['GET', 'POST', 'DELETE'];
/** What MCP's transport needs (2025-11-25, 2026-07-28), and trace context. All else stays here. */
const FORWARDED = new RegExp(
  '^(accept|content-type|last-event-id|traceparent|tracestate|baggage|' +
    "mcp-(session-id|protocol-version|method|name)|mcp-param-[!#$%&'*+.^_`|~0-9a-z-]+)$",
);
/** Visible characters, spaces and tabs: nothing that could begin another header. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_HEADER_BYTES = 32 * 1024;

/** The servers an edge is started with; undefined when one of them may not be given a secret. */
export function readTargets(list: unknown): readonly Target[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const targets = list.map(targetIn);
  return targets.every((target) => target !== undefined) ? targets : undefined;
}

function targetIn(entry: unknown): Target | undefined {
  const { server, url, credential, connector } = Object(entry) as Record<string, unknown>;
  if (typeof server !== 'string' || typeof credential !== 'string') return undefined;
  if (typeof url !== 'string') return undefined;
  const isConnector = connector === true;
  // Nothing is sent there by us: what is signed for it is.
  const host = isConnector ? sshOrigin(url)?.origin : undefined;
  if (host !== undefined) {
    return { server, url: host, origin: host, isLocal: false, credential, isConnector };
  }
  const secure = secureUrl(url);
  if (secure === undefined) return undefined;
  const { href, origin, isLocal } = secure;
  return { server, url: href, origin, isLocal, credential, isConnector };
}

/**
 * Lets a request out to the one URL of a server that is known here. The daemon chooses among them
 * and nothing else: neither another URL, nor a header that the credential could be read by.
 */
export function admit(
  targets: readonly Target[],
  { server, url, method, headers }: Wanted,
): Result<Outgoing, EdgeRefusal> {
  const target = targets.find((each) => each.server === server);
  if (target === undefined) {
    return unsent('edge.unknown_server', 'no server of this name has a credential');
  }
  if (target.isConnector) return unsent('edge.needs_seal', `${server} takes sealed actions alone`);
  if (secureUrl(url)?.href !== target.url) {
    return unsent('edge.other_url', `${server} is reached at its own URL alone`);
  }
  if (!METHODS.includes(method)) return unsent('edge.other_method', `${server}: not for a method`);
  const forwarded = headers.filter(([name]) => FORWARDED.test(name));
  const bad = forwarded.find(([, value]) => !VALUE.test(value));
  if (bad !== undefined) return unsent('edge.bad_header', `the value of ${bad[0]} is no header`);
  const size = forwarded.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > MAX_HEADER_BYTES) return unsent('edge.too_large', 'the headers are too large');
  return ok({ target, method, headers: forwarded });
}
