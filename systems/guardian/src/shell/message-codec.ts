import { encodeUtf8 } from '@ioi/basis';
import type { HeadText, ProposedOperation } from '@ioi/law';
import type { GuardianMessage, GuardianRequest, PreparedBatch } from '../core/index.ts';

/**
 * A message as bytes: one line of JSON, then one line for every canonical text it carries, which
 * so travels as it is. Canonical JSON holds no line feed.
 */
export function encodeMessage(message: GuardianMessage): Buffer {
  const batch = batchIn(message);
  if (!batch) return Buffer.from(JSON.stringify(message), 'utf8');
  const texts = [...batch.entries, ...batch.changes.flatMap(({ value }) => value ?? [])];
  const changes = batch.changes.map(({ value, ...rest }) => ({
    ...rest,
    has: value !== undefined,
  }));
  const head = JSON.stringify(
    withBatch(message, { ...batch, entries: batch.entries.length, changes }),
  );
  return Buffer.from([head, ...texts].join('\n'), 'utf8');
}

/** Takes back what `encodeMessage` gave. */
export function decodeMessage(bytes: Uint8Array): GuardianMessage {
  const [head = '', ...texts] = textOf(bytes).split('\n');
  const message = JSON.parse(head) as GuardianMessage;
  const batch = batchIn(message);
  if (!batch) return message;
  const count = Number(batch.entries);
  const entries = texts.slice(0, count);
  let at = count;
  const changes = (batch.changes as readonly (HeadText & { has: boolean })[]).map(
    ({ headClass, id, seq, has }): HeadText => {
      return { headClass, id, seq, value: has ? texts[at++] : undefined };
    },
  );
  return withBatch(message, { ...batch, entries, changes });
}

function batchIn(message: GuardianMessage): PreparedBatch | undefined {
  if ('notice' in message) return undefined;
  const { answer } = message;
  if (answer.kind === 'prepared') return answer.prepared;
  return answer.kind === 'recovered' ? answer.recovered : undefined;
}

function withBatch(message: GuardianMessage, batch: object): GuardianMessage {
  if ('notice' in message) return message;
  const { kind } = message.answer;
  return { ...message, answer: { kind, [kind]: batch } as never };
}

export type Asked = { readonly id: number; readonly request: GuardianRequest };

/** A request as bytes: a signature that many operations carry, as those of a batch, goes once. */
export function encodeRequest({ id, request }: Asked): Uint8Array {
  if (request.kind !== 'prepare') return encodeUtf8(JSON.stringify({ id, request }));
  const places = new Map<string | BatchSignature, number>();
  const signatures: BatchSignature[] = [];
  const placeOf = (signature: BatchSignature): number => {
    const name = Object.values(signature).join(' ');
    const place = places.get(name) ?? signatures.push(signature) - 1;
    places.set(name, place);
    return place;
  };
  const operations = request.operations.map((operation) => {
    const { authenticated_by: by } = operation;
    if (by.kind !== 'batch') return operation;
    const place = places.get(by.signature) ?? placeOf(by.signature);
    places.set(by.signature, place);
    return { ...operation, authenticated_by: { ...by, signature: place } };
  });
  return encodeUtf8(JSON.stringify({ id, request: { ...request, operations }, signatures }));
}

/** Takes back what `encodeRequest` gave. */
export function decodeRequest(bytes: Uint8Array): Asked {
  const { id, request, signatures } = JSON.parse(textOf(bytes)) as Asked & Sent;
  if (request.kind !== 'prepare' || !signatures?.length) return { id, request };
  const operations = request.operations.map((operation): ProposedOperation => {
    const { authenticated_by: by } = operation;
    if (by.kind !== 'batch') return operation;
    const signature = signatures[Number(by.signature)] as BatchSignature;
    return { ...operation, authenticated_by: { ...by, signature } };
  });
  return { id, request: { ...request, operations } };
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}

type Sent = { readonly signatures?: readonly BatchSignature[] };
type BatchSignature = Extract<
  ProposedOperation['authenticated_by'],
  { kind: 'batch' }
>['signature'];
