import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { request as secureRequest, Agent as TlsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { assert, BoundedMap, err, ok, parseUrl, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import { SOCKET_TOOL, type WebRequest, webRequestOf } from '@ioi/law';
import type {
  ActionFacts,
  ActionRequest,
  CancelSignal,
  Driver,
  Edge,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import { addressesOf } from './sandbox/near.ts';
import { type Coming, comingOf, type LongAnswer, type Taking, takeAnswer } from './web-answer.ts';
import { sendLarge } from './web-body.ts';
import { answered, failed, silent } from './web-outcome.ts';
import { isOpen, type Opened, socketHeaders, takeSocket } from './web-socket.ts';

export type WebDriverOptions = {
  readonly argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>;
  readonly metaOf: (action: SealedAction) => Result<JsonObject | undefined, Rejection>;
  /** Whom servers are believed from, in PEM; those of this machine's Node unless given. */
  readonly authorities?: readonly string[];
  /** Whether anything could let a request through; unless told, yes. */
  readonly mayPass?: (request: ActionRequest, contract: RuntimeToolContract) => boolean;
  /** Performs what has a secret in it, elsewhere; rejects with nothing. Without it nothing does. */
  readonly exchange?: (call: SecretCall, signal: AbortSignal) => Promise<Exchanged>;
  /** Whether a request ever got as far as its secret; from then on it gets no further. */
  readonly wasBegun?: (action: SealedAction) => Promise<boolean | undefined>;
  /** A body that stands elsewhere; undefined where it is held no more. Without it there is none. */
  readonly bodyOf?: (digest: Digest) => Iterable<Uint8Array> | undefined;
  /** Keeps an answer too long for its receipt; undefined where it is not to be kept. */
  readonly keepLong?: (action: SealedAction) => LongAnswer | undefined;
  /** Those of a host, or why it is not asked. */
  readonly resolve?: typeof addressesOf;
};

/** A sealed request with a placeholder in it. */
export type SecretCall = { readonly action: SealedAction; readonly given: JsonObject };

export type Exchanged =
  | { readonly kind: 'answer'; readonly coming: Coming }
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string };

/** Who puts secrets in looks hosts up for itself, and TLS says who answered. */
const BY_EDGE = 'edge';
const REMEMBERED = 4096;
const MOST_AGENTS = 64;
const CONNECT_MS = 30_000;
/** Between two pieces of an answer; models think for minutes. */
const IDLE_MS = 10 * 60_000;
/** Without a request; a program may ask as many hosts as it likes, and each leaves one open. */
const UNUSED_MS = 15_000;
const KEPT_OPEN = { keepAlive: true, maxFreeSockets: 4, timeout: UNUSED_MS };
/** Words before an answer (RFC 9110 15.2), which cost a server nothing. */
const MOST_INTERIM = 32;
/** As many as a NetworkReceipt holds. */
const MOST_HEADERS = 512;

/** Performs sealed requests over HTTP/1.1: at the addresses that were decided on, once. */
export function webDriver(options: WebDriverOptions): Driver {
  return new WebDriver(options);
}

class WebDriver implements Driver {
  readonly name = 'web';
  readonly #options: WebDriverOptions;
  readonly #performed = new BoundedMap<Digest, true>(REMEMBERED);
  readonly #agents = new BoundedMap<string, PlainAgent>(MOST_AGENTS);

  constructor(options: WebDriverOptions) {
    this.#options = options;
  }

  /** Where the host is now. A name that leads to this machine or near it is refused. */
  async gather(
    contract: RuntimeToolContract,
    request: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>> {
    const { resolve = addressesOf, mayPass } = this.#options;
    if (mayPass?.(request, contract) === false) return ok({});
    const url = parseUrl(String(request.params['url']));
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
    const found = host === 'localhost' ? ok(['127.0.0.1']) : await resolve(host);
    if (!found.ok) return err({ code: 'web.not_resolved', message: `web.address: ${found.error}` });
    return ok({ resolved_addresses: [...found.value].slice(0, 64) });
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { committedHash, committed } = action;
    assert(!this.#performed.has(committedHash), 'an action is performed once');
    this.#performed.set(committedHash, true);
    const addresses = committed.facts.resolved_addresses ?? [];
    const given = this.#options.argumentsOf(action);
    if (!given.ok) return failed(given.error.message);
    const meta = this.#options.metaOf(action);
    if (!meta.ok) return failed(meta.error.message);
    const wanted = webRequestOf(given.value, meta.value);
    if (!wanted.ok) return failed(wanted.error);
    const { large } = wanted.value;
    const body = large && this.#options.bodyOf?.(large.$stream);
    if (large !== undefined && body === undefined) return failed('its body is not held any more');
    if (addresses.length === 0) return failed('no address was decided on');
    if (options.signal.aborted) return failed('cancelled');
    if (action.contract.secret_slots.length > 0) {
      return this.#byEdge({ action, given: given.value }, wanted.value, options);
    }
    return this.#exchange({ action, wanted: wanted.value, body, addresses, options });
  }

  async reconcile(action: SealedAction): Promise<Reconciliation> {
    const { effect, secret_slots: secrets } = action.contract;
    if (effect === 'read') {
      return { kind: 'not_performed', reason: 'a read leaves no effect behind' };
    }
    if (secrets.length > 0 && (await this.#options.wasBegun?.(action)) === false) {
      return { kind: 'not_performed', reason: 'its secret was never told, and is told no more' };
    }
    return { kind: 'unknown', reason: 'whether the request arrived is not known' };
  }

  async #byEdge(call: SecretCall, wanted: WebRequest, options: PerformOptions): Promise<Outcome> {
    const { exchange } = this.#options;
    if (exchange === undefined) return failed('nobody here puts secrets in');
    const cut = new AbortController();
    const cancel = (): void => cut.abort();
    options.signal.addEventListener('abort', cancel);
    try {
      const exchanged = await exchange(call, cut.signal);
      if (exchanged.kind === 'not_sent') return failed(exchanged.reason);
      if (exchanged.kind === 'silent') return silent(call.action, exchanged.reason);
      const taken = await takeAnswer(exchanged.coming, this.#taking(call.action, options));
      return answered(call.action, { wanted, address: BY_EDGE }, taken);
    } finally {
      options.signal.removeEventListener('abort', cancel);
    }
  }

  async #exchange({ action, wanted, body, addresses, options }: Exchange): Promise<Outcome> {
    const timeout = AbortSignal.timeout(action.contract.limits.timeout_ms);
    const isSocket = action.contract.tool === SOCKET_TOOL;
    const sent = this.#send({ wanted, body, addresses, isSocket }, [options.signal, timeout]);
    try {
      const opened = await sent.answer;
      const { answer } = opened;
      if (answer.rawHeaders.length > MOST_HEADERS * 2) {
        (opened.far ?? answer).destroy();
        return silent(action, `more than ${MOST_HEADERS} headers`);
      }
      if (isOpen(opened)) {
        const ends = [timeout, options.signal];
        return await takeSocket({ action, wanted, ...opened }, ends, options.onReply);
      }
      const address = answer.socket.remoteAddress ?? '';
      const taken = await takeAnswer(comingOf(answer), this.#taking(action, options));
      return answered(action, { wanted, address }, taken);
    } catch (fault) {
      const why = `${(fault as { code?: unknown }).code ?? (fault as Error).message}`;
      if (!sent.isConnected()) return failed(`${wanted.host} is not reached: ${why}`);
      return silent(action, options.signal.aborted ? 'cancelled' : why);
    } finally {
      sent.end();
    }
  }

  #taking(action: SealedAction, { onReply }: PerformOptions): Taking {
    return { onReply, keepLong: () => this.#options.keepLong?.(action) };
  }

  #send({ wanted, body: large, addresses, isSocket }: Sending, signals: readonly CancelSignal[]) {
    const { isSecure, host, port, method, path, headers, body } = wanted;
    const agent = this.#agentFor(wanted, addresses, isSocket);
    const about = { method, path, port, host, agent };
    const request = (isSecure ? secureRequest : plainRequest)({
      ...about,
      setHost: false,
      headers: [...headers.flat(), ...ownHeaders(wanted), ...(isSocket ? socketHeaders : [])],
      timeout: CONNECT_MS,
    });
    let isConnected = false;
    request.once('socket', (socket) => {
      const connected = (): void => {
        isConnected = true;
        request.setTimeout(IDLE_MS);
      };
      if (request.reusedSocket) connected();
      else socket.once(isSecure ? 'secureConnect' : 'connect', connected);
    });
    const cut = (): void => void request.destroy(new Error('cancelled'));
    for (const each of signals) each.addEventListener('abort', cut);
    request.on('timeout', () => request.destroy(new Error('timeout')));
    const answer = new Promise<Opened>((resolve, reject) => {
      request.once('response', (answer) => resolve({ answer }));
      if (isSocket) {
        request.once('upgrade', (answer, far, early) => resolve({ answer, far, early }));
      }
      request.on('error', reject);
      // Of an answer that becomes another protocol Node says no more than this.
      request.once('close', () => reject(new Error('it ended the connection')));
    });
    let interim = 0;
    request.on('information', () => {
      interim += 1;
      if (interim > MOST_INTERIM) request.destroy(new Error('too many interim answers'));
    });
    if (wanted.large === undefined) request.end(body);
    else {
      sendLarge(request, wanted.large, large ?? []).catch((fault) => request.destroy(fault));
    }
    const end = (): void => {
      for (const each of signals) each.removeEventListener('abort', cut);
    };
    return { answer, isConnected: () => isConnected, end };
  }

  /**
   * Connections are used again for the same addresses alone, and by reads alone: one that the
   * server has just closed would leave a write in doubt.
   */
  #agentFor(wanted: WebRequest, addresses: readonly string[], isSocket: boolean): PlainAgent {
    const { isSecure, host, port, method } = wanted;
    const { authorities } = this.#options;
    const options = {
      lookup: fixed(addresses),
      autoSelectFamily: true,
      // Whatever the environment of the node says.
      rejectUnauthorized: true,
      ...(isSecure
        ? { ALPNProtocols: ['http/1.1'], ...(isIP(host) ? {} : { servername: host }) }
        : {}),
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    };
    const make = (more: object): PlainAgent =>
      isSecure ? new TlsAgent({ ...options, ...more }) : new PlainAgent({ ...options, ...more });
    if (isSocket || !/^(GET|HEAD)$/.test(method)) return make({ keepAlive: false });
    const key = JSON.stringify([isSecure, host, port, addresses]);
    const known = this.#agents.get(key) ?? make(KEPT_OPEN);
    this.#agents.set(key, known);
    return known;
  }
}

type Exchange = {
  readonly action: SealedAction;
  readonly wanted: WebRequest;
  /** Where it is too long to stand in `wanted`. */
  readonly body: Iterable<Uint8Array> | undefined;
  readonly addresses: readonly string[];
  readonly options: PerformOptions;
};

type Sending = {
  readonly wanted: WebRequest;
  /** Where it is too long to stand in `wanted`. */
  readonly body: Iterable<Uint8Array> | undefined;
  readonly addresses: readonly string[];
  readonly isSocket: boolean;
};

/** A name leads where it was seen to lead when it was decided, and nowhere else. */
function fixed(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, done) => {
    if (options.all === true) done(null, all);
    else done(null, all[0]?.address ?? '', all[0]?.family);
  };
}

function ownHeaders({ url, method, body, large }: WebRequest): string[] {
  const host = /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? '';
  const size = large?.bytes ?? body?.length;
  const isBodied = size !== undefined || /^(POST|PUT|PATCH)$/.test(method);
  return ['host', host, ...(isBodied ? ['content-length', String(size ?? 0)] : [])];
}
