import { digestOf } from '@ioi/canon';
import type { ListedTool, ToolAnswer } from '@ioi/drivers';
import { type ConnectorCall, connectorDriver, connectorUpstream } from '@ioi/drivers/shell';
import type { JsonObject } from '@ioi/jsonrpc';
import { connectorContract, contentsIn } from '@ioi/law';
import {
  type ConnectorManifest,
  type Driver,
  type IncludedEntry,
  isConnectorManifest,
  type PktActionInvoke,
  type RuntimeToolContract,
  type SealedAction,
} from '@ioi/protocol';
import {
  EdgeFault,
  type EdgeLine,
  leaseIdOf,
  type Performed,
  type ProofOf,
} from '@ioi/wallet/client';
import type { ServerConfig } from '../config.ts';
import type { Contents } from '../contents.ts';
import { argumentsFrom } from './mounted-server.ts';

/** A connector as node.json has it, beside the `url` and the `credential` of its server. */
export type ConnectorConfig = {
  readonly manifest: ConnectorManifest;
  readonly version: string;
  readonly tools: readonly ListedTool[];
};

/** An entry of the log with its path, under the guardian's newest checkpoint. */
export type SealProof = (
  seq: bigint,
) => Promise<{ readonly note: string; readonly included: IncludedEntry }>;

export type Connecting = {
  readonly edge: EdgeLine | undefined;
  readonly contents: Contents;
  readonly proof: SealProof;
};

type Given = Readonly<Record<string, unknown>>;

/** What is wrong with it, by the place below the server's entry; undefined when nothing is. */
export function wrongInConnector({ connector, url, credential }: Given): string | undefined {
  if (connector === undefined) return undefined;
  const { manifest, version, tools } = Object(connector) as Given;
  if (!isConnectorManifest(manifest)) return '/connector/manifest does not fit ConnectorManifest';
  if (manifest.notarization === 'required') {
    return '/connector: connector.notary_missing: it wants its answers notarised, and nothing does';
  }
  if (typeof url !== 'string' || typeof credential !== 'string') {
    return '/connector needs /url and /credential';
  }
  const isTool = (each: unknown): boolean => {
    const { name, inputSchema } = Object(each) as Given;
    return typeof name === 'string' && typeof inputSchema === 'object' && inputSchema !== null;
  };
  if (typeof version !== 'string' || !Array.isArray(tools) || !tools.every(isTool)) {
    return '/connector must have a version and tools; ioi connector add writes them';
  }
  return undefined;
}

/** Its contracts follow from its operations, so nobody can write others for them. */
export function withConnectorContracts(config: ServerConfig): ServerConfig {
  const { connector, name: server, credential: secret } = config;
  if (connector === undefined || secret === undefined) return config;
  const { version, tools } = connector;
  const contracts = tools.flatMap((tool): RuntimeToolContract[] => {
    const hash = digestOf(tool.inputSchema);
    if (!hash.ok) return [];
    const connected = { server, tool, schemaHash: hash.value, secret, version };
    const contract = connectorContract(connected);
    return contract === undefined ? [] : [contract];
  });
  return { ...config, contracts };
}

export function upstreamOfConnector({ name, connector }: ServerConfig & Connected) {
  return connectorUpstream({ name, version: connector.version, tools: connector.tools });
}

type Connected = { readonly connector: ConnectorConfig };

export function driverOfConnector(
  { name, connector }: ServerConfig & Connected,
  connecting: Connecting,
): Driver {
  return connectorDriver({
    server: name,
    tools: connector.tools,
    argumentsOf: argumentsFrom(connecting.contents),
    invoke: (call, signal) => invoke(call, connecting, signal),
    wasBegun: (action) => wasBegun(action, connecting),
  });
}

async function invoke(
  { action, given, inputSchema }: ConnectorCall,
  { edge, contents, proof }: Connecting,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  if (edge === undefined) {
    return { kind: 'not_sent', reason: 'edge.missing: no edge runs; ioi down, then ioi up' };
  }
  const { contract, request } = action;
  try {
    const packet = packetOf(action, given);
    const about = { contract, inputSchema, contents: textsFor(request.params, contents) };
    const invocation = { packet, ...(await proof(action.seq)), ...about };
    return answerIn((await edge.invoke(invocation, signal)) as Performed);
  } catch (fault) {
    const { code, message } = Object(fault) as { code?: unknown; message?: unknown };
    const why = `${fault instanceof EdgeFault ? message : (code ?? message)}`.toWellFormed();
    const isUnsent = fault instanceof EdgeFault && !fault.isSent;
    if (isUnsent) return { kind: 'not_sent', reason: why };
    const silence = signal.aborted ? 'cancelled' : 'died';
    return { kind: 'silent', silence, detail: why };
  }
}

/** That an act is sealed, for the edge to check before it adds a credential. */
export function proofFrom({ contents, proof }: Pick<Connecting, 'contents' | 'proof'>): ProofOf {
  return async ({ seq, contract, request }) => {
    return { ...(await proof(seq)), contract, contents: textsFor(request.params, contents) };
  };
}

/** What a request refers to, by digest: what is sealed is read with it. */
export function textsFor(params: object, contents: Contents): Readonly<Record<string, string>> {
  const texts = contentsIn(params).flatMap((digest) => {
    const text = contents.salted(digest);
    return text === undefined ? [] : [[digest, text] as const];
  });
  return Object.fromEntries(texts);
}

/** JSON is enough on this line: both ends are this node's (design section 6 has CBOR on others). */
export function packetOf(action: SealedAction, params: JsonObject): PktActionInvoke {
  const { contract, committedHash, request } = action;
  return {
    pkt_version: '1',
    packet_type: 'PKT_ACTION_INVOKE',
    issued_at: new Date().toISOString(),
    session_id: request.context.session_id ?? request.context.agent_id,
    lease_id: leaseIdOf(action),
    payload: {
      mcp: {
        jsonrpc: '2.0',
        id: committedHash,
        method: `tools/${contract.tool}`,
        params: params as Record<string, unknown>,
      },
    },
  };
}

/** The receipt goes along, so that whoever keeps the answer keeps what was signed of it. */
function answerIn({ result, receipt }: Performed): ToolAnswer {
  const { mcp, policy } = result.payload;
  const facts = {
    action_result_id: result.action_result_id,
    enforced_bounds: policy.enforced_bounds,
    receipt: receipt.payload.receipt,
  };
  return {
    kind: 'result',
    result: { ...mcp.result, _meta: { 'ioi/action': facts } } as JsonObject,
  };
}

export async function wasBegun(
  { committedHash }: SealedAction,
  { edge }: Connecting,
): Promise<boolean | undefined> {
  try {
    const answer = await edge?.invoke({ settle: committedHash });
    const { wasLeased } = Object(answer) as { wasLeased?: unknown };
    return typeof wasLeased === 'boolean' ? wasLeased : undefined;
  } catch {
    return undefined;
  }
}
