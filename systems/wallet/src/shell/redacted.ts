import { formsOf, Redactor } from '../core/index.ts';
import { cleanBytes } from './clean.ts';

/** What comes event by event, and is waited for so. */
const STREAMED = /^(text\/event-stream|application\/(x-ndjson|jsonl|json-seq))\b/i;
/** Of an answer that is read as a whole. */
const MOST_WHOLE = 1_048_576;

/**
 * The body of an answer without any of the secrets. A short one is read whole, so that encodings
 * within encodings are found; a stream of events, and what is longer, passes while it comes.
 */
export async function* redacted(
  response: Response,
  secrets: readonly string[],
): AsyncGenerator<Uint8Array> {
  const isStreamed = STREAMED.test(response.headers.get('content-type') ?? '');
  const redactor = new Redactor(secrets.flatMap(formsOf));
  const held: Uint8Array[] = [];
  let size = 0;
  let isPassing = isStreamed;
  for await (const chunk of response.body ?? []) {
    if (isPassing) {
      yield redactor.push(chunk);
      continue;
    }
    held.push(chunk);
    size += chunk.length;
    if (size <= MOST_WHOLE) continue;
    isPassing = true;
    for (const each of held.splice(0)) yield redactor.push(each);
  }
  yield isPassing ? redactor.end() : cleanBytes(Buffer.concat(held), secrets);
}
