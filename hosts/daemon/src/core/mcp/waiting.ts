import type { InputRequests } from '@ioi/protocol';

type Proposer = {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly client?: { readonly name: string };
};

/**
 * How long calls may wait for a person, in milliseconds: of all clients, or by the names they give
 * themselves, `*` for every other.
 */
export type Patience = number | Readonly<Record<string, number>>;

const OTHERS = '*';
/**
 * Below the 60 seconds after which the official TypeScript client gives a request up
 * (`DEFAULT_REQUEST_TIMEOUT_MSEC` of @modelcontextprotocol/sdk and client), and with it those built
 * on it that set nothing else. Codex (`tool_timeout_sec`) and Claude Code (`MCP_TOOL_TIMEOUT`) have
 * had several defaults, the shortest reported one a minute; what they wait longer is told in
 * node.json.
 */
const PATIENCE_MS = 45_000;
/**
 * How long clients wait for a tool unless their user says otherwise, where that is not a minute;
 * by the name they give themselves. Less is always safe: the call is only answered sooner.
 */
const KNOWN_PATIENCE_MS: Readonly<Record<string, number>> = {
  // Ten minutes: MCP_DEFAULT_TIMEOUT_MSEC, packages/core/src/tools/mcp-client.ts of gemini-cli.
  'gemini-cli-mcp-client': 240_000,
  // MCP_SERVER_REQUEST_TIMEOUT of the Inspector's README: 10,000 in its older versions.
  'mcp-inspector': 8_000,
  'inspector-client': 8_000,
};

/** How long a call may wait for a person before its client would give it up. */
export function patienceMs({ client }: Proposer, told: Patience = {}): number {
  if (typeof told === 'number') return told;
  const name = client?.name ?? OTHERS;
  return ownOf(told, name) ?? ownOf(KNOWN_PATIENCE_MS, name) ?? ownOf(told, OTHERS) ?? PATIENCE_MS;
}

function ownOf(times: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(times, name) ? times[name] : undefined;
}

/** Whether something read from node.json is a patience. */
export function isPatience(given: unknown): given is Patience {
  const isTime = (each: unknown): boolean => Number.isInteger(each) && Number(each) >= 0;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return isTime(given);
  return Object.values(given).every(isTime);
}

/** Names the one request of ours among what a server asks. */
const APPROVAL = 'ioi_approval';

/**
 * What the person at the client is told while an act waits for an approver; undefined where the
 * client shows nobody anything. The answer approves nothing: it says that the person has seen it.
 */
export function approvalNotice(proposer: Proposer, id: string): InputRequests | undefined {
  const { elicitation } = proposer.capabilities;
  if (typeof elicitation !== 'object' || elicitation === null) return undefined;
  // An empty object stands for forms (MCP elicitation).
  const modes = Object.keys(elicitation);
  if (modes.length > 0 && !modes.includes('form')) return undefined;
  const message =
    `This waits for an approval, which is given outside of this program: \`ioi approve ${id}\`, ` +
    'or `ioi inbox` to see it first. Continue when it is decided.';
  const requestedSchema = { type: 'object', properties: {} };
  return {
    [APPROVAL]: {
      method: 'elicitation/create',
      params: { mode: 'form', message, requestedSchema },
    },
  };
}

/** Whether the person wants to go on waiting; anything but a plain yes is no. */
export function goesOn(responses: Readonly<Record<string, unknown>>): boolean {
  const answer = responses[APPROVAL] as
    | { kind?: string; result?: { action?: unknown } }
    | undefined;
  return answer?.kind === 'result' && answer.result?.action === 'accept';
}
