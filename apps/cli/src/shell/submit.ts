import { randomBytes } from 'node:crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { operationIdOf, operationMessage } from '@ioi/law';
import type { OperationRequest, SealedEntry } from '@ioi/protocol';
import { type Context, type Options, textOption } from './context.ts';
import { openKey } from './principal-key.ts';

/** Speaks one operation, after another: over the socket, or signed where `--sign` names a key. */
export type Speaker = (request: OperationRequest) => Promise<SealedEntry>;

/** The passphrase is asked for once, whatever follows. */
export async function speakerOf(
  context: Context,
  domain: string,
  options: Options,
): Promise<Speaker> {
  const { domains } = context.daemon;
  const path = textOption(options, 'sign');
  if (path === undefined) return (request) => domains.submit(domain, request);
  const { domain_id, genesis_origin: origin } = await domains.status(domain);
  const key = await openKey(context, path, options);
  return (request) => domains.submit(domain, signedRequest(key, { domain_id, origin }, request));
}

/** As the holder of a key speaks it, in this log. */
export function signedRequest(
  key: HybridKey,
  log: Parameters<typeof operationMessage>[1],
  { operation, payload, preconditions, operation_id = newOperationId() }: OperationRequest,
): OperationRequest {
  const more = preconditions === undefined ? {} : { preconditions };
  const spoken = { operation_id, operation, payload: { ...payload }, ...more };
  const message = operationMessage({ ...spoken, authenticated_by: { kind: 'channel' } }, log);
  if (!message.ok) throw new Error(message.error.message);
  const signature = signHybrid(key, 'SIG_DOMAIN_OPERATION', message.value);
  return { ...spoken, authenticated_by: { kind: 'signature', signature } };
}

export function newOperationId(): string {
  return operationIdOf(Date.now(), randomBytes(10));
}
