import { randomBytes } from 'node:crypto';
import { type Digest, digestOf, type Json } from '@ioi/canon';
import { type Method, methodCall } from '@ioi/drivers';
import { resolvePaths } from '@ioi/drivers/shell';
import { normaliseWithPauses } from '@ioi/firewall';
import type { Act } from '@ioi/gateway';
import { inTurns } from '@ioi/guardian/shell';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import { paymentFault, questionContract, SALT_DIGITS, whatMayLeave } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import { ASK_PERSON, type Call, intentOf, questionIn, vaultOf } from '../../core/index.ts';
import type { Boundary } from '../boundary.ts';
import type { MountedTool } from './mounted-server.ts';
import type { Servers } from './servers.ts';
import type { Session } from './session.ts';

export type Capturing = {
  readonly servers: Servers;
  readonly boundary: Boundary;
  /** Whether the active policy asks where values come from. */
  readonly asksProvenance: () => boolean;
};

export type Captured =
  | { readonly refusal: Rejection }
  | { readonly call: Call; readonly payloads: Record<string, string> };

/** An act with the contract it is decided under. */
export type Bound = {
  readonly contract: NonNullable<MountedTool['contract']>;
  readonly arguments: JsonObject;
  /** The folder paths are read against. */
  readonly root: string | undefined;
  readonly meta?: JsonObject | undefined;
  /** Of a body among them that stands elsewhere. */
  readonly streamed?: Digest | undefined;
};

/** Who is on record as having asked. */
export type Asker = Pick<Session, 'origin' | 'nextNonce'> & {
  readonly evidence: Session['evidence'] | undefined;
};

/** No session counts as far as this. */
const FAR = 1n << 63n;

/** From what an agent wants to the one canonical request, or why it never becomes one. */
export async function capture(act: Act, session: Session, capturing: Capturing): Promise<Captured> {
  const bound = bindAct(act, capturing);
  return 'refusal' in bound ? bound : captureBound(bound, session, capturing);
}

/** The same for what a server asks of its client. */
export async function captureAsked(
  asked: Asked,
  session: Session,
  capturing: Capturing,
): Promise<Captured> {
  const bound = bindMethod(asked, capturing.servers);
  return 'refusal' in bound ? bound : captureBound(bound, session, capturing);
}

/** The same act with other arguments, in the session it came from. */
export async function captureAgain(
  call: Call,
  { given, meta }: { readonly given: JsonObject; readonly meta: JsonObject | undefined },
  { servers, ...capturing }: Capturing,
): Promise<Captured> {
  const { contract, contractHash: hash, request } = call;
  const tool = servers.toolOf(contract);
  const fits = tool?.check(given);
  if (fits && !fits.ok) return { refusal: fits.error };
  const { root } = servers.methodsOf(contract.server);
  const again = {
    origin: request.context,
    // Of chance: the session counts its own up from one.
    nextNonce: () => String(randomBytes(8).readBigUInt64BE() | FAR),
    evidence: undefined,
  };
  const bound = { contract: { contract, hash }, arguments: given, root, meta };
  // A person's own word: it holds whether or not the session is paused.
  return requestOf(bound, again, { servers, ...capturing });
}

function bindAct({ method, params, meta }: Act, { servers, boundary }: Capturing): Bound | Refused {
  const isQuestion = method === 'tools/call' && params['name'] === ASK_PERSON.name;
  if (isQuestion && boundary.mayBeAsked()) return bindQuestion(params['arguments'], meta);
  if (method === 'tools/call') return bindTool(params, servers, meta);
  const prompt = method === 'prompts/get' ? servers.prompt(String(params['name'])) : undefined;
  if (prompt !== undefined && servers.isUnseen(prompt)) {
    const message = `${prompt.name} is new, or described otherwise`;
    return refuse('contract.description_changed', `${message}; ioi mcp accept ${prompt.server}`);
  }
  const server = serverOf(method, params, servers);
  if (server === undefined) return refuse('contract.missing', `nobody here has it: ${method}`);
  return bindMethod({ server: server.name, method, params: server.params }, servers, meta);
}

/** What a server is asked, or asks, beside its tools. */
type Asked = { readonly server: string; readonly method: Method; readonly params: JsonObject };

function bindMethod(asked: Asked, servers: Servers, meta?: JsonObject): Bound | Refused {
  const { methods, root } = servers.methodsOf(asked.server);
  const call = methodCall(methods, asked.method, asked.params);
  if (!call.ok) return { refusal: call.error };
  const { contract, arguments: given } = call.value;
  const hash = digestOf(contract);
  if (!hash.ok) return refuse('canon.refused', hash.error.message);
  return { contract: { contract, hash: hash.value }, arguments: given, root, meta };
}

function bindTool(params: JsonObject, servers: Servers, meta?: JsonObject): Bound | Refused {
  const name = String(params['name']);
  const given = isObject(params['arguments']) ? params['arguments'] : {};
  const tool = servers.find(name);
  if (!tool?.contract) {
    const message = `no contract for a tool named ${name}`;
    return tool?.refusal ? { refusal: tool.refusal } : refuse('contract.missing', message);
  }
  const fits = tool.check(given);
  if (!fits.ok) return { refusal: fits.error };
  return { contract: tool.contract, arguments: given, root: tool.root, meta };
}

/** A question to the owner: what they answer is put in by them alone. */
function bindQuestion(given: Json | undefined, meta?: JsonObject): Bound | Refused {
  const question = questionIn(isObject(given) ? given : {});
  if (!question.ok) return { refusal: question.error };
  const contract = questionContract();
  const hash = digestOf(contract);
  if (!hash.ok) return refuse('canon.refused', hash.error.message);
  const hashed = { contract, hash: hash.value };
  return { contract: hashed, arguments: question.value, root: undefined, meta };
}

type Refused = { readonly refusal: Rejection };

/** Whose it is, and the parameters in that server's own names. */
function serverOf(method: Act['method'], params: JsonObject, servers: Servers) {
  const { uri, name, ref } = params;
  if (method === 'prompts/get') {
    const prompt = servers.prompt(String(name));
    return prompt && { name: prompt.server, params: { ...params, name: prompt.name } };
  }
  if (method !== 'completion/complete') {
    const owner = servers.ownerOf(String(uri));
    return owner === undefined ? undefined : { name: owner, params };
  }
  if (!isObject(ref)) return undefined;
  if (ref['type'] === 'ref/prompt') {
    const prompt = servers.prompt(String(ref['name']));
    if (prompt === undefined) return undefined;
    return { name: prompt.server, params: { ...params, ref: { ...ref, name: prompt.name } } };
  }
  const owner = servers.ownerOf(String(ref['uri']));
  return owner === undefined ? undefined : { name: owner, params };
}

/** The same whatever door it came by; nothing becomes a request of whoever is paused by then. */
export async function captureBound(
  bound: Bound,
  session: Asker,
  capturing: Capturing,
): Promise<Captured> {
  const captured = await requestOf(bound, session, capturing);
  const paused = capturing.boundary.pauses.refusalOf(session.origin);
  return paused === undefined ? captured : { refusal: paused };
}

async function requestOf(
  { contract: hashed, arguments: given, root, meta, streamed }: Bound,
  session: Asker,
  { servers, boundary, asksProvenance }: Capturing,
): Promise<Captured> {
  const { contract } = hashed;
  const unpayable = paymentFault(contract, given);
  if (unpayable !== undefined) return { refusal: unpayable };
  const paths = await resolvePaths(root ?? '/', pathsIn(contract, given));
  if (!paths.ok) return { refusal: { ...paths.error, code: 'contract.arguments_invalid' } };
  await servers.register([hashed]);
  const rules = boundary.egressRulesFor(contract);
  const normalising = normaliseWithPauses({
    ...(rules && { leave: (params) => whatMayLeave({ params, contract, rules }) }),
    contract,
    arguments: given,
    paths: paths.value,
    context: session.origin,
    nonce: session.nextNonce(),
    meta,
    streamed,
    salt: randomBytes(16).toString('hex'),
  });
  const normalised = await inTurns(normalising);
  if (!normalised.ok) return { refusal: normalised.error };
  const { request, payloads, params } = normalised.value;
  const requestHash = digestOf(request);
  if (!requestHash.ok) return refuse('canon.refused', requestHash.error.message);
  const vault = rules && vaultOf(normalised.value, randomBytes(SALT_DIGITS / 2).toString('hex'));
  if (vault && !vault.ok) return { refusal: vault.error };
  const kept = vault ? [...payloads, vault.value] : payloads;
  const seen = asksProvenance() ? session.evidence?.provenanceOf(contract, given) : undefined;
  const texts = kept.map(({ digest, text }) => [digest, text] as const);
  return {
    call: {
      requestHash: requestHash.value,
      intent: intentOf({ request, params, contractHash: hashed.hash }),
      request,
      contract,
      contractHash: hashed.hash,
      attempt: 1,
      vault: vault?.value.digest,
      ...(seen ? { provenance: seen } : {}),
    },
    payloads: Object.fromEntries(texts),
  };
}

function pathsIn({ parameters }: Call['contract'], given: Record<string, unknown>): string[] {
  return parameters.flatMap(({ kind, argument }) => {
    const value = given[argument];
    if (kind === 'path') return typeof value === 'string' ? [value] : [];
    if (kind !== 'path_list' || !Array.isArray(value)) return [];
    return value.filter((each) => typeof each === 'string');
  });
}

function refuse(code: string, message: string): Refused {
  return { refusal: { code, message } };
}
