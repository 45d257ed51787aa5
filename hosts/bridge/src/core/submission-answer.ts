import { err, ok, type Result } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import type { SqlError } from './answers.ts';

/** One operation for a domain, as the node takes it. */
export type AskedOperation = {
  readonly domain: string;
  /** An OperationRequest, as JSON; the node looks at it. */
  readonly body: string;
};

type Refusal = { readonly code?: unknown; readonly title?: unknown };

/** An OperationRequest with the name of its domain: `{"domain", "operation", "payload"}`. */
export function operationIn(json: string): Result<AskedOperation, SqlError> {
  const parsed = parseStrict(json);
  if (!parsed.ok) return err(refused('22P02', `no JSON: ${parsed.error.message}`));
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err(refused('22023', 'agentgres.submit takes an object'));
  }
  const { domain, ...operation } = value;
  if (typeof domain !== 'string' || domain === '') {
    return err(refused('22023', '/domain names the domain of the operation'));
  }
  return ok({ domain, body: JSON.stringify(operation) });
}

/** Where the entry stands: `{"seq", "operation_id", "sealed_size"}`. */
export function placeOfSealed(text: string): string | undefined {
  const parsed = parseStrict(text);
  if (!parsed.ok) return undefined;
  const { entry, sealed_size } = Object(parsed.value) as {
    readonly entry?: { readonly seq?: unknown; readonly operation_id?: unknown };
    readonly sealed_size?: unknown;
  };
  if (entry?.seq === undefined) return undefined;
  return JSON.stringify({ seq: entry.seq, operation_id: entry.operation_id, sealed_size });
}

/** A refusal of the node as an error of SQL: the node's own code stands in its detail. */
export function sqlErrorOf(status: number, text: string): SqlError {
  const parsed = parseStrict(text);
  const { code, title } = Object(parsed.ok ? parsed.value : undefined) as Refusal;
  const named = typeof code === 'string' ? code : `status ${status}`;
  const message = typeof title === 'string' ? title : 'the node refused the operation';
  return { sqlstate: STATES[named] ?? stateOf(status), message, detail: named };
}

/** Nobody knows whether it was sealed: told as PostgreSQL tells it of a lost commit. */
export const UNKNOWN: SqlError = {
  sqlstate: '08007',
  message: 'the node did not answer: the operation may be sealed or not',
  detail: 'bridge.submit_unknown: submit it again under the same operation_id; 23505 says it is',
};

export const NODE_AWAY: SqlError = {
  sqlstate: '57P03',
  message: 'the node is not there: nothing was submitted',
  detail: 'bridge.node_away: ioi up --detach, then submit it again',
};

/** One that is none is not said again, however long. */
const NAMED = /^[\w.:/-]{1,200}$/;

/** The domains that `--submit` names are all of them. */
export function closedTo(given: string): SqlError {
  const domain = NAMED.test(given) ? given : 'that domain';
  return {
    sqlstate: '42501',
    message: `nothing is submitted to ${domain} over this bridge`,
    detail: `bridge.submit_closed: ioi bridge serve --submit ${domain}`,
  };
}

const STATES: Readonly<Record<string, string>> = {
  'precondition.failed': '40001',
  'operation.duplicate': '23505',
};

function stateOf(status: number): string {
  if (status === 401 || status === 403) return '42501';
  if (status === 404) return '3F000';
  if (status === 409) return '55000';
  if (status === 413) return '54000';
  if (status === 429) return '53000';
  if (status === 503) return '57P03';
  return status < 500 ? '22023' : '08007';
}

function refused(sqlstate: string, message: string): SqlError {
  return { sqlstate, message, detail: 'bridge.submit_invalid' };
}
