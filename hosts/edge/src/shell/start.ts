import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { faultCode } from '@ioi/basis';
import { headersOf, messageOf } from '@ioi/drivers';
import { argumentsOf, metaOf } from '@ioi/firewall';
import { AskPipe } from '@ioi/frames/shell';
import type { EdgeAnswer, EdgeAsk } from '@ioi/guardian';
import type { JsonObject } from '@ioi/jsonrpc';
import { readTargets } from '@ioi/wallet';
import {
  Egress,
  exchangeWithSecret,
  Logins,
  operationVaultOver,
  SealedEgress,
  SealedMessages,
  type SealedMessagesOptions,
  serveLine,
  vaultOver,
  WebEgress,
} from '@ioi/wallet/shell';
import { exchanging, invoking } from './invoking.ts';

/** Inherited: the guardian's pipe, the daemon's line, and the supervisor's words. */
const GUARDIAN_FD = 3;
const DAEMON_FD = 4;
const TARGETS_FD = 5;

/**
 * Composition root of the edge process: the only one with both network and secrets (design section
 * 5). It has no log, no files and no child processes, listens on nothing but the loopback port of a
 * login that a person began, and ends with any of its streams. Each line of the supervisor is JSON,
 * the servers that get a credential from then on: `[{server, url, credential, connector?}]`.
 */
export function startEdge(): void {
  process.on('uncaughtException', stopped);
  // What libraries have to say may quote an answer, and with it a secret.
  console.warn = () => {};
  const guardian = endWith(new Socket({ fd: GUARDIAN_FD, readable: true, writable: true }));
  const line = endWith(new Socket({ fd: DAEMON_FD, readable: true, writable: true }));
  const targets = endWith(new Socket({ fd: TARGETS_FD, readable: true, writable: true }));
  const pipe = new AskPipe(guardian, (body) =>
    obey(body as EdgeAsk, { egress, sealed, web, logins }),
  );
  const vault = vaultOver(pipe);
  const operations = operationVaultOver(pipe);
  const reading = { argumentsOf, messageOf: messageAs, headersOf: headersAs };
  const messages = new SealedMessages({ vault: operations, ...reading });
  const egress = new Egress({ targets: [], vault, now: Date.now, messages });
  const sealed = new SealedEgress({
    targets: () => egress.targets,
    vault: operations,
    renew: vault.renew,
    argumentsOf,
    now: Date.now,
  });
  const web = new WebEgress({ vault: operations, argumentsOf, metaOf });
  const work = { invoke: invoking(sealed, operations), exchange: exchanging(web) };
  const logins = new Logins(egress);
  let isServing = false;
  createInterface({ input: targets }).on('line', (text) => {
    const servers = readTargets(JSON.parse(text));
    if (servers !== undefined) egress.retarget(servers);
    else if (!isServing) throw new Error('a server is neither https nor on this machine');
    // Nobody is served before it is known who may be.
    if (!isServing) serveLine(line, egress.carry, work);
    isServing = true;
  });
}

/** What was restored of a sealed request is JSON. */
const messageAs: SealedMessagesOptions['messageOf'] = (contract, given) =>
  messageOf(contract, given as JsonObject);

const headersAs: SealedMessagesOptions['headersOf'] = (method, params, inputSchema) =>
  headersOf(method, params as JsonObject, inputSchema as JsonObject | undefined);

type Obeying = {
  readonly egress: Egress;
  readonly sealed: SealedEgress;
  readonly web: WebEgress;
  readonly logins: Logins;
};

/** What the guardian asks for on behalf of the owner. */
async function obey(ask: EdgeAsk, { egress, sealed, web, logins }: Obeying): Promise<EdgeAnswer> {
  if (ask.kind === 'revoked') {
    egress.revoke(ask.name);
    sealed.revoke(ask.name);
    web.revoke(ask.name);
    return { kind: 'done' };
  }
  if (ask.kind === 'ended') {
    sealed.end(ask.committed_hash);
    web.end(ask.committed_hash);
    return { kind: 'done' };
  }
  if (ask.kind === 'exchange') {
    const exchanged = await exchangeWithSecret(ask);
    if (exchanged.ok) return { kind: 'exchanged', id_token: exchanged.value };
    return { kind: 'refused', refusal: exchanged.error };
  }
  if (ask.kind === 'login') {
    const begun = await logins.begin(ask.server);
    if (begun.ok) return { kind: 'login', authorization_url: begun.value };
    return { kind: 'refused', refusal: begun.error };
  }
  const followed =
    ask.kind === 'login_finish'
      ? await logins.finish(ask.server, ask.callback)
      : await logins.wait(ask.server);
  return followed.ok ? { kind: 'done' } : { kind: 'refused', refusal: followed.error };
}

/** Without its guardian or its daemon an edge has nothing to send, and nobody to send it for. */
function endWith(stream: Socket): Socket {
  stream.on('error', () => {});
  stream.on('close', () => process.exit(0));
  return stream;
}

/** The diary says where it was, and no more: a message may hold what was sent. */
function stopped(fault: Error): never {
  const code = faultCode(fault, 'edge.fault');
  const at = new Date().toISOString();
  const { name, stack = '' } = fault;
  const place = stack.split('\n').filter((line) => /^\s+at /.test(line));
  console.error(JSON.stringify({ at, message: 'stopped', code, name, place }));
  process.exit(1);
}
