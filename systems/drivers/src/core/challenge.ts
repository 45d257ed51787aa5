/** What a `WWW-Authenticate` header says of the login it wants (RFC 9110 11.6.1, RFC 9728 5.1). */
export type Challenge = {
  readonly scheme?: string;
  readonly resourceMetadata?: string;
  readonly scope?: string;
  readonly error?: string;
};

const LONGEST = 8192;
const SCHEME = /^\s*([A-Za-z][A-Za-z0-9-]{0,31})(?:\s|$)/;
/** Each alternative begins differently, so a match never goes back far. */
const PARAMETER = /([a-z_]{1,32})\s{0,8}=\s{0,8}(?:"((?:[^"\\]|\\.){0,2048})"|([^\s",]{1,2048}))/gi;

/** The first challenge alone: servers of MCP send one. */
export function readChallenge(header: string | null): Challenge {
  const text = (header ?? '').slice(0, LONGEST);
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme === undefined) return {};
  const named = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text.matchAll(PARAMETER)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '';
    const key = name.toLowerCase();
    if (!named.has(key)) named.set(key, value.toWellFormed());
  }
  const resourceMetadata = named.get('resource_metadata');
  const scope = named.get('scope');
  const error = named.get('error');
  return {
    scheme,
    ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
    ...(scope === undefined ? {} : { scope }),
    ...(error === undefined ? {} : { error }),
  };
}
