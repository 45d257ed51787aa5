import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseStrict } from '@ioi/canon';
import { SERVER_READER } from '../core/index.ts';

/** A database of the bridge's own on a server, and the roles that fill and read it. */
export type ServerConfig = {
  /** As libpq takes it, with the role that fills the tables; several servers by commas. */
  readonly url: string;
  readonly reader: string;
  /** The reader's; else as libpq finds it, in `~/.pgpass`. */
  readonly password: string | undefined;
};

const FILE = 'server.json';
const PLAIN_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
const KNOWN: readonly string[] = ['url', 'reader', 'reader_password'];

/** What `server.json` says; undefined where there is none, and the engine is the bridge's own. */
export function serverConfig(folder: string): ServerConfig | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  if ((statSync(path).mode & 0o077) !== 0) {
    throw configFault(`${path} is for others to read or write, too: chmod 600`);
  }
  const parsed = parseStrict(readFileSync(path, 'utf8'));
  const given = parsed.ok ? (Object(parsed.value) as Readonly<Record<string, unknown>>) : {};
  const { url, reader = SERVER_READER, reader_password: password } = given;
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (!parsed.ok) throw configFault(`${path} is no JSON: ${parsed.error.message}`);
  if (unknown !== undefined) throw configFault(`${path}: /${unknown} is not known`);
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url)) {
    throw configFault(`${path}: /url is an address that begins with postgresql://`);
  }
  if (typeof reader !== 'string' || !PLAIN_NAME.test(reader)) {
    throw configFault(`${path}: /reader is a role, in a-z, 0-9 and _`);
  }
  if (password !== undefined && typeof password !== 'string') {
    throw configFault(`${path}: /reader_password is a text`);
  }
  return { url, reader, password };
}

function configFault(message: string): Error {
  return Object.assign(new Error(message), { code: 'bridge.server_config' });
}
