import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isDigest } from '@ioi/canon';
import { KeptFile } from './kept-file.ts';

export type AccessToken = {
  /** Part of the agent id of whoever shows it. */
  readonly name: string;
  /** `sha256:` of the token; the token itself is shown once and kept nowhere. */
  readonly hash: string;
  /** RFC 3339. */
  readonly created: string;
};

/** Not one that a subject of an authorization server comes under (http-access.ts). */
const NAME = /^(?!sub-)[a-z][a-z0-9-]{0,63}$/;
/** Of somebody who signed in: whose it is stands before what they call it. */
const OWNED = /^sub-[0-9a-f]{32}-[a-z][a-z0-9-]{0,26}$/;
const MOST = 1024;
/** Of one person who signed in: nobody takes the room of everybody else. */
const MOST_OWNED = 32;

/** Who may speak MCP over HTTP on this machine: the node's own tokens, kept as digests. */
export class AccessTokens {
  readonly #file: KeptFile;
  #tokens: readonly AccessToken[];

  constructor(path: string) {
    this.#file = new KeptFile(path);
    this.#tokens = read(this.#file);
  }

  list(): readonly AccessToken[] {
    return this.#tokens;
  }

  /** The token, this once; a name that is taken gets a new one and the old is void. */
  issue(name: string, principal?: string): string | undefined {
    const isName = principal === undefined ? NAME : OWNED;
    const others = this.#tokens.filter((each) => each.name !== name);
    if (!isName.test(name) || others.length >= MOST) return undefined;
    const owned = others.filter((each) => principal && each.name.startsWith(`${principal}-`));
    if (owned.length >= MOST_OWNED) return undefined;
    const token = `ioi_${randomBytes(32).toString('base64url')}`;
    const created = new Date().toISOString();
    this.#keep([...others, { name, hash: hashOf(token), created }]);
    return token;
  }

  revoke(name: string): boolean {
    const left = this.#tokens.filter((each) => each.name !== name);
    if (left.length === this.#tokens.length) return false;
    this.#keep(left);
    return true;
  }

  nameOf(token: string): string | undefined {
    const shown = Buffer.from(hashOf(token));
    return this.#tokens.find(({ hash }) => timingSafeEqual(Buffer.from(hash), shown))?.name;
  }

  #keep(tokens: readonly AccessToken[]): void {
    this.#file.write({ format: 'ioi-tokens/1', tokens });
    this.#tokens = tokens;
  }
}

function hashOf(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

function read(file: KeptFile): readonly AccessToken[] {
  const kept = file.read();
  if (kept === undefined) return [];
  const tokens = (kept as { tokens?: unknown } | null)?.tokens;
  if (!Array.isArray(tokens) || !tokens.every(isToken)) throw file.damaged();
  return tokens;
}

function isToken(value: unknown): value is AccessToken {
  if (typeof value !== 'object' || value === null) return false;
  const { name, hash, created } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    (NAME.test(name) || OWNED.test(name)) &&
    isDigest(hash) &&
    typeof created === 'string'
  );
}
