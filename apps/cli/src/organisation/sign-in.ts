import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canonicalBytes } from '@ioi/canon';
import { signHybrid } from '@ioi/crypto/shell';
import type { RoleSession, SignInReturned } from '@ioi/protocol';
import { roleSessionLine } from '../core/role-view.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { openInBrowser } from '../shell/open-page.ts';
import { openKey } from '../shell/principal-key.ts';
import { daemonOf, forgetSignIn, keepSignIn, peopleUrl, signInOf } from '../shell/role-session.ts';
import { RolesApi } from '../shell/roles-api.ts';
import { wrongInOffered } from './offered-sign-in.ts';

const PATIENCE_MS = 10 * 60_000;
const HOST = '127.0.0.1';
const PATH = '/signed-in';

/** `ioi login [ADDRESS]`: from then on this account asks as whoever signed in. */
export const login: Command = (context, [given], options) => signIn(context, given, options);

/** `ioi org break-glass --reason TEXT --key FILE [ADDRESS]` */
export const breakGlass: Command = async (context, [given], options) => {
  const reason = textOption(options, 'reason')?.trim() ?? '';
  if (reason === '') throw usageFault('--reason says why, in words that the log keeps');
  return signIn(context, given, options);
};

/** `ioi logout` */
export const logout: Command = async ({ home, output }) => {
  const kept = signInOf(home);
  if (kept === undefined) {
    output.say(['nobody was signed in'], { roles: [] });
    return undefined;
  }
  try {
    const closed = await new RolesApi(daemonOf(kept, '')).close();
    output.say([`signed out: ${closed.subject ?? ''}`], closed);
  } catch (fault) {
    // What is over needs no end; a node that is away ends it by itself.
    if (!(fault instanceof CommandFault)) throw fault;
    output.say([`signed out here: ${fault.about.message}`], { roles: [] });
  }
  forgetSignIn(home);
  return undefined;
};

/** `ioi whoami` */
export const whoami: Command = async ({ home, output }) => {
  const kept = signInOf(home);
  const view = await new RolesApi(daemonOf(kept, findSockets(home).daemon)).whoami();
  output.say([roleSessionLine(view)], view);
  return undefined;
};

async function signIn(context: Context, given: string | undefined, options: Options) {
  const { home, output } = context;
  const url = await addressOf(context, given);
  const api = new RolesApi(url);
  const reason = textOption(options, 'reason');
  const back = await listenForReturn();
  try {
    const asked = { redirect_uri: back.uri, ...(reason === undefined ? {} : { reason }) };
    const begun = await api.begin(asked);
    const wrong = wrongInOffered(begun, reason);
    if (wrong !== undefined) throw notAsked(wrong);
    const signed = await signedBy(context, begun.session, options);
    const { href } = new URL(begun.url);
    process.stderr.write(`sign in: ${href}\n`);
    if (flagOption(options, 'browser')) openInBrowser(href);
    const returned = await back.returned;
    const { token, session } = await api.open({ sign_in: begun.sign_in, ...returned, ...signed });
    keepSignIn(home, { url, token });
    output.say([roleSessionLine(session)], session);
  } finally {
    back.close();
  }
  return undefined;
}

function notAsked(words: string): CommandFault {
  const message = `the node is not honest, nothing was signed: ${words}`;
  const about = { exit: 'unverified', code: 'sign_in.not_asked', message } as const;
  return new CommandFault({ ...about, next: 'ioi org roles' });
}

/** As it was given, or where the node of this account lets people in. */
async function addressOf({ home }: Context, given: string | undefined): Promise<string> {
  if (given !== undefined) return peopleUrl(given);
  const { url } = await new RolesApi(findSockets(home).daemon).page();
  if (url !== undefined) return peopleUrl(url);
  throw usageFault('this node lets nobody sign in', 'set "people": {"port": 4750} in node.json');
}

async function signedBy(
  context: Context,
  session: RoleSession,
  options: Options,
): Promise<Pick<SignInReturned, 'signature'>> {
  const path = textOption(options, 'key');
  if (path === undefined) return {};
  const message = canonicalBytes(session);
  if (!message.ok) throw new Error(message.error.message);
  // Which node it is only its person can tell.
  process.stderr.write(`for the node whose guardian is ${session.audience}\n`);
  const key = await openKey(context, path, options);
  return { signature: signHybrid(key, 'SIG_DOMAIN_SESSION', message.value) };
}

type Returned = Omit<SignInReturned, 'sign_in' | 'signature'>;

/** A port of this machine, where the provider sends the browser back to (RFC 8252, 7.3). */
async function listenForReturn() {
  const { promise, resolve, reject } = Promise.withResolvers<Returned>();
  const server = createServer((request, response) => {
    const found = returnedIn(request, response);
    if (found === undefined) return;
    if ('error' in found) reject(found.error);
    else resolve(found);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const late = new CommandFault({
    exit: 'authority',
    code: 'sign_in.too_late',
    message: 'nobody signed in within ten minutes',
    next: 'ioi login',
  });
  const timer = setTimeout(() => reject(late), PATIENCE_MS);
  promise.catch(() => {});
  const close = (): void => {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  };
  const { port } = server.address() as AddressInfo;
  return { uri: `http://${HOST}:${port}${PATH}`, returned: promise, close };
}

function returnedIn(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
): Returned | { readonly error: CommandFault } | undefined {
  const at = URL.parse(url, `http://${HOST}`);
  const said = Object.fromEntries(at?.searchParams ?? []);
  const { state, code, iss, error } = said;
  const isReturn = at?.pathname === PATH && state !== undefined;
  const head = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' };
  if (!isReturn || (code === undefined && error === undefined)) {
    response.writeHead(404, head).end();
    return undefined;
  }
  response.writeHead(200, head).end('Go back to the terminal; this page can be closed.\n');
  if (code !== undefined) return { state, code, ...(iss === undefined ? {} : { iss }) };
  const message = `the provider says ${error}`;
  const about = { exit: 'authority', code: 'sign_in.denied', message, next: 'ioi login' } as const;
  return { error: new CommandFault(about) };
}
