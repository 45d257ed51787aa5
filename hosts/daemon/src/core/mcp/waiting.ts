import type { InputRequests } from '@ioi/protocol';

type Proposer = {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly client?: { readonly name: string };
};

/** Below the 60 seconds after which common clients give a call up. */
const PATIENCE_MS = 45_000;
/**
 * How long clients wait for a tool unless their user says otherwise, where that is not a minute;
 * by the name they give themselves. Less is always safe: the call is only answered sooner.
 */
const KNOWN_PATIENCE_MS: Readonly<Record<string, number>> = {
  'claude-code': 240_000,
  'gemini-cli-mcp-client': 240_000,
  'mcp-inspector': 8_000,
  'inspector-client': 8_000,
};

/** How long a call may wait for a person before its client would give it up. */
export function patienceMs({ client }: Proposer, told: number | undefined): number {
  if (told !== undefined) return told;
  const name = client?.name ?? '';
  return Object.hasOwn(KNOWN_PATIENCE_MS, name) ? (KNOWN_PATIENCE_MS[name] ?? 0) : PATIENCE_MS;
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
