import type { HeadText } from '@ioi/law';
import type { GuardianMessage, PreparedBatch } from '../core/index.ts';

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
  const [head = '', ...texts] = Buffer.from(bytes).toString('utf8').split('\n');
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
