import type { Json } from '@ioi/canon';
import { CLIENT_METHODS } from '@ioi/drivers';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { Ask, InputRequest, InputResponse } from '@ioi/protocol';
import { AskBatch, resultOf } from '../../core/index.ts';
import { type Capturing, captureAsked } from './capture.ts';
import type { Session } from './session.ts';

export type Asking = {
  readonly server: string;
  /** The server, as the one who proposes: its agent id is not that of the client. */
  readonly openSession: () => Session;
  /** To the client itself. */
  readonly ask: Ask;
  readonly signal: AbortSignal;
  /** Aborts when the act that asks has ended, however it did. */
  readonly over: AbortSignal;
};

const ENDED = 'the act that asked has ended';
/** Not one of the codes that MCP reserves. */
const REFUSED = -32001;

/**
 * What a server may ask of the client: each of its requests is an act of its own in the other
 * direction, decided and receipted before the client hears of it (decision 0014). What the client
 * says beyond what was asked is in no receipt, so it goes no further.
 */
export function governedAsk(asking: Asking, capturing: Capturing): Ask {
  return async (requests) => {
    const entries = Object.entries(requests);
    const batch = new AskBatch(asking.ask, entries.length);
    const session = asking.openSession();
    const governed = entries.map(async ([name, request]) => {
      const one = { name, request, batch, session };
      const response = await governOne(one, asking, capturing);
      return response === undefined ? [] : [[name, response] as const];
    });
    return Object.fromEntries((await Promise.all(governed)).flat());
  };
}

type One = {
  readonly name: string;
  readonly request: InputRequest;
  readonly batch: AskBatch;
  readonly session: Session;
};

/** A person need not decide on what nobody waits for. */
function whenOver(over: AbortSignal, withdraw: () => void): void {
  if (over.aborted) withdraw();
  else over.addEventListener('abort', withdraw, { once: true });
}

/** Undefined where the client did not answer this one. */
async function governOne(
  { name, request, batch, session }: One,
  { server, signal, over }: Asking,
  capturing: Capturing,
): Promise<InputResponse | undefined> {
  let isAsked = false;
  const ask: Ask = async (only) => {
    isAsked = true;
    const own = await batch.join(name, request);
    return own === undefined ? {} : Object.fromEntries(Object.keys(only).map((key) => [key, own]));
  };
  try {
    const method = CLIENT_METHODS.find((each) => each === request.method);
    if (method === undefined) return refused(`${request.method} is nothing a client is asked`);
    const params = isObject(request.params) ? request.params : {};
    const captured = await captureAsked({ server, method, params }, session, capturing);
    if ('refusal' in captured) return refused(captured.refusal.message);
    const { requestHash } = captured.call;
    const withdraw = (): void => capturing.boundary.denied(requestHash, 'cancelled', ENDED);
    const onPending = (): void => whenOver(over, withdraw);
    const caller = { signal, ask, onPending };
    const { answer } = capturing.boundary.submit(captured.call, caller, captured.payloads);
    const result = resultOf(await answer);
    if (result.output !== undefined) return responseIn(result.output as Json);
    return isAsked ? undefined : refused(`${result.code}. Receipt ${result.receiptId}.`);
  } finally {
    if (!isAsked) batch.leave();
  }
}

function responseIn(output: Json): InputResponse {
  const error = isObject(output) ? output['$error'] : undefined;
  if (!isObject(error)) return { kind: 'result', result: output };
  const { code, message, data } = error as JsonObject & { code: number; message: string };
  return { kind: 'error', error: { code, message, ...(data === undefined ? {} : { data }) } };
}

function refused(why: string): InputResponse {
  const message = `Refused at the boundary: ${why}`;
  return {
    kind: 'error',
    error: { code: REFUSED, message, data: { code: 'gateway.ask_refused' } },
  };
}
