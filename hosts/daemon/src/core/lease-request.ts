import { err, ok, type Result } from '@ioi/basis';
import type { PktLeaseIssue, Rejection, WantedScopes } from '@ioi/protocol';

type Given = PktLeaseIssue['payload']['mcp']['params'];

/** Who asks, and how a time is read (RFC 3339; not a number where it is none). */
type Asker = { readonly subjectId: string; readonly timeOf: (text: string) => number };

const SCOPE = /^(scope:)?([a-z][a-z0-9_.]*)$/;
const AMOUNT = /^(0|[1-9][0-9]{0,29})(\.[0-9]{1,18})?$/;
const LIMITS = ['max_amount_usd', 'expires_at'];

/** The tool by which an agent asks for a lease (whitepaper A.3). */
export const ISSUE_LEASE = {
  name: 'wallet.issueLease',
  description:
    'Asks the owner to let you use tools that need authority. It gives none: a person answers, ' +
    'and the calls then pass. capability_scope: such as mail.send, a server and its tool.',
  inputSchema: {
    type: 'object',
    properties: {
      capability_scope: { type: 'array', items: { type: 'string' } },
      limits: {
        type: 'object',
        properties: { max_amount_usd: { type: 'number' }, expires_at: { type: 'string' } },
      },
      agent_did: { type: 'string' },
    },
    required: ['capability_scope'],
  },
} as const;

/**
 * What a lease is asked for, in the words of an AuthorityScopeRequestEnvelope. It is for the
 * agent that asks, whatever name it gives itself; a limit that is not understood is refused, since
 * leaving it out would ask for more.
 */
export function scopesAskedFor(
  { capability_scope: asked, limits = {} }: Partial<Given>,
  { subjectId: subject_id, timeOf }: Asker,
): Result<WantedScopes, Rejection> {
  if (!Array.isArray(asked) || asked.length === 0) return refuse('no capability_scope is named');
  const scopes = asked.map((each) => SCOPE.exec(String(each))?.[2]);
  if (scopes.includes(undefined)) return refuse('a capability_scope is like mail.send');
  const names = scopes as string[];
  const unknown = Object.keys(limits).find((name) => !LIMITS.includes(name));
  if (unknown !== undefined) return refuse(`the limit ${unknown} is not known: ${LIMITS}`);
  const { max_amount_usd: most, expires_at: end } = limits;
  const amount = most === undefined ? undefined : String(most);
  if (amount !== undefined && !AMOUNT.test(amount)) return refuse('max_amount_usd is no amount');
  const expiry = end === undefined ? undefined : timeOf(String(end));
  if (expiry !== undefined && !(expiry > 0)) return refuse('expires_at is no time (RFC 3339)');
  return ok({
    subject_id,
    authority_scopes: names.map((name) => `scope:${name}`),
    primitive_capabilities: ['prim:net.request'],
    resources: names.map((name) => `tool://${name.split('.')[0]}/**`),
    ...(amount === undefined ? {} : { max_budget_usd: amount }),
    ...(expiry === undefined ? {} : { expiry: String(expiry) }),
  });
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'request.invalid', message });
}
