import { type Brand, err, ok, type Result } from '@ioi/basis';

/** What is known of data that was read: `server:mail`, `sensitivity:financial`. */
export const FLOW_LABEL = '^[a-z][a-z0-9_]{0,31}:[A-Za-z0-9_.:-]{1,200}$';

/** Identifier schemes of whitepaper B.1 and A.2, by what they name. */
export const schemes = {
  names: ['ai', 'ioi'],
  objects: [
    'agent',
    'worker',
    'service',
    'run',
    'task',
    'artifact',
    'receipt',
    'wallet',
    'grant',
    'node',
    'module',
    'invocation',
    'proposal',
    'transition',
  ],
  locators: ['cid', 'https', 'grpc', 'ipc', 'file', 'agentgres'],
} as const;

export type Scheme =
  | (typeof schemes.names)[number]
  | (typeof schemes.objects)[number]
  | (typeof schemes.locators)[number];

export type ParsedIdentifier = {
  readonly scheme: Scheme;
  readonly authority: string;
  readonly segments: readonly string[];
};

export type IdentifierError = {
  readonly code: 'id.unknown_scheme' | 'id.malformed' | 'id.capability_as_uri';
  readonly message: string;
};

/** Segments each object scheme needs after its authority; unlisted schemes take any number. */
const SEGMENTS: Partial<Record<Scheme, number>> = {
  node: 1,
  module: 2,
  invocation: 1,
  proposal: 1,
  transition: 1,
};
const PART = /^[A-Za-z0-9._~%@:+*-]+$/;
const ALL: ReadonlySet<string> = new Set(Object.values(schemes).flat());

/**
 * Parses `scheme://authority/segment…` (whitepaper B.1, A.2). Refuses `prim://` and `scope://`:
 * capabilities are a colon vocabulary, never a transport.
 */
export function parseIdentifier(text: string): Result<ParsedIdentifier, IdentifierError> {
  const match = /^([a-z]+):\/\/(.*)$/.exec(text);
  if (!match) return err({ code: 'id.malformed', message: 'expected scheme://…' });
  const [, scheme = '', rest = ''] = match;
  if (scheme === 'prim' || scheme === 'scope' || scheme === 'cap') {
    const message = `write ${scheme}:name, capabilities are not URIs`;
    return err({ code: 'id.capability_as_uri', message });
  }
  if (!ALL.has(scheme)) {
    return err({ code: 'id.unknown_scheme', message: `unknown scheme ${scheme}` });
  }
  const [authority = '', ...segments] = rest.split('/');
  const fileRoot = scheme === 'file' && authority === '';
  const wellFormed = (fileRoot || PART.test(authority)) && segments.every((s) => PART.test(s));
  const wanted = SEGMENTS[scheme as Scheme];
  if (!wellFormed || (wanted !== undefined && segments.length !== wanted)) {
    return err({ code: 'id.malformed', message: `malformed ${scheme} identifier` });
  }
  return ok({ scheme: scheme as Scheme, authority, segments });
}

export type Capability = Brand<string, 'prim:*' | 'scope:*'>;

/**
 * Parses `prim:fs.read` or `scope:repo.write` (whitepaper B.3). The deprecated `cap:*` is
 * accepted where the document itself uses it and rewritten; anything else is refused.
 */
export function parseCapability(text: string): Result<Capability, IdentifierError> {
  const known = DEPRECATED[text];
  const current = known ?? text;
  if (/^prim:[a-z]+(\.[a-z_]+)+$/.test(current) || /^scope:[a-z][a-z0-9_.]*$/.test(current)) {
    return ok(current as Capability);
  }
  if (/^(prim|scope|cap):\/\//.test(text)) {
    return err({ code: 'id.capability_as_uri', message: 'capabilities are not URIs' });
  }
  return err({ code: 'id.malformed', message: `not a capability: ${text.slice(0, 80)}` });
}

const DEPRECATED: Readonly<Record<string, string>> = {
  'cap:input': 'prim:ui.interact',
  'cap:sys': 'prim:sys.exec',
  'cap:spend': 'scope:wallet.transfer_under_limit',
};
