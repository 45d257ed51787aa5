import { formatAddCheckpoint } from '@ioi/merkle';

export type WitnessAddress = {
  /** Submission prefix, without a slash at the end. */
  readonly url: string;
  readonly timeoutMs: number;
};

export type Submitted = {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: string;
  /** Verifier key of the log, for a witness that trusts on first use. */
  readonly logKey: string;
};

/** Where a witness of ours reads the key of a log it does not know. */
export const LOG_KEY_HEADER = 'ioi-log-key';
const MOST_BYTES = 256 * 1024;

/** The call did not come back with an answer: nothing is known of what the witness did. */
export class WitnessUnreachable extends Error {}

/** C2SP tlog-witness `add-checkpoint`; throws `WitnessUnreachable`. */
export async function addCheckpoint(
  address: WitnessAddress,
  submitted: Submitted,
): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'text/plain', [LOG_KEY_HEADER]: submitted.logKey };
  const body = formatAddCheckpoint(submitted);
  return call(address, '/add-checkpoint', { method: 'POST', headers, body });
}

/** What a witness of ours shows of a log; undefined when it shows nothing. */
export async function shownCheckpoint(
  address: WitnessAddress,
  origin: string,
): Promise<string | undefined> {
  const answer = await call(address, `/checkpoint/${encodeURIComponent(origin)}`, {});
  return answer.status === 200 ? answer.body : undefined;
}

async function call({ url, timeoutMs }: WitnessAddress, path: string, request: RequestInit) {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${url}${path}`, { ...request, signal, redirect: 'error' });
    return { status: response.status, body: await boundedText(response) };
  } catch (fault) {
    throw new WitnessUnreachable(reasonOf(fault));
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`the answer is over ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const { cause } = fault;
  return cause instanceof Error ? `${fault.message}: ${cause.message}` : fault.message;
}
