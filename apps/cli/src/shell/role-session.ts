import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFault, usageFault } from './fault.ts';
import { type Home, makePrivateFolder } from './home.ts';

/** A sign-in at a node, of this account alone. */
export type KeptSignIn = { readonly url: string; readonly token: string };

const NAME = 'role-session.json';
const TOKEN = /^ioi_role_[\w-]{43}$/;

/** Whoever is signed in asks there, and not over the socket; undefined for nobody. */
export function signInOf({ folder }: Home): KeptSignIn | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, NAME), 'utf8');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fault;
  }
  const { url, token } = Object(JSON.parse(text)) as Partial<KeptSignIn>;
  if (typeof url === 'string' && typeof token === 'string' && TOKEN.test(token)) {
    return { url: peopleUrl(url), token };
  }
  const message = `${join(folder, NAME)} is damaged`;
  throw new CommandFault({ exit: 'usage', code: 'role.damaged', message, next: 'ioi logout' });
}

export function keepSignIn({ folder }: Home, kept: KeptSignIn): void {
  makePrivateFolder(folder);
  writeFileSync(join(folder, NAME), `${JSON.stringify(kept)}\n`, { mode: 0o600, flush: true });
}

export function forgetSignIn({ folder }: Home): void {
  rmSync(join(folder, NAME), { force: true });
}

/** Of a node's door for people: plain HTTP leaves this machine nowhere. */
export function peopleUrl(given: string): string {
  const url = URL.parse(given);
  const isHere = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  if (url?.protocol === 'http:' && isHere && url.username === '') return url.origin;
  throw usageFault(`${given} is no address such as http://127.0.0.1:4750`, 'ioi org roles');
}

/** Where calls go that the daemon answers: what stands for a socket carries the session. */
export function daemonOf(kept: KeptSignIn | undefined, socket: string): string {
  if (kept === undefined) return socket;
  const url = new URL(kept.url);
  url.username = kept.token;
  return url.href;
}
