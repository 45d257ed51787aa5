import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import type { LogEntry, Rejection } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';
import type { Writer } from './writer.ts';

type Once = { readonly writer: Writer; readonly reader: HeadReader };

export type OnceAsked = {
  /** What the key of the request stands for; made up where there was none. */
  readonly operationId: string | undefined;
  /** With the name of its module. */
  readonly operation: string;
  readonly payload: object;
  readonly payloads?: Readonly<Record<string, string>>;
  /** Whether what was sealed under the id is what is asked for; the same payload unless given. */
  readonly isSame?: (payload: LogEntry['payload']) => boolean;
};

/**
 * Seals an operation, or finds what was sealed for the same key, in this life of the node or an
 * earlier one. Rejects with `idempotency.key_reused` where that is something else.
 */
export async function submitOnce(
  { writer, reader }: Once,
  asked: OnceAsked,
): Promise<Result<LogEntry, Rejection>> {
  const { operationId, operation, payload, payloads = {} } = asked;
  const sealed = await (operationId === undefined
    ? writer.submit(operation, payload, payloads)
    : writer.submitOperation(
        {
          operation_id: operationId,
          operation,
          authenticated_by: { kind: 'channel' },
          payload: { ...payload },
        },
        payloads,
      ));
  if (sealed.ok) return ok(sealed.value.entry);
  const isThere = sealed.error.code === 'operation.duplicate' && operationId !== undefined;
  return isThere ? sealedBefore(reader, asked) : sealed;
}

/** What an operation id was given to. */
export function sealedBefore(
  reader: HeadReader,
  { operationId = '', operation, payload, isSame }: OnceAsked,
): Result<LogEntry, Rejection> {
  const [seq] = reader.find(operationId, 1);
  const entry = seq === undefined ? undefined : reader.entry(seq);
  if (entry?.operation_id !== operationId) {
    return err({ code: 'operation.duplicate', message: `${operationId} is being sealed` });
  }
  const isAsked = isSame?.(entry.payload) ?? hasSameText(entry.payload, payload);
  if (entry.operation === operation && isAsked) return ok(entry);
  const message = 'the key was used for another request';
  return err({ code: 'idempotency.key_reused', message });
}

function hasSameText(one: object, other: object): boolean {
  const [a, b] = [canonicalJson(one), canonicalJson(other)];
  return a.ok && b.ok && a.value === b.value;
}
