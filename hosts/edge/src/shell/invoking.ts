import { ok } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import { isPktActionInvoke, isRuntimeToolContract } from '@ioi/protocol';
import { type Invocation, type ModelInvocation, unsent, type WebInvocation } from '@ioi/wallet';
import type { OperationVault, SealedEgress, SealedWork, WebEgress } from '@ioi/wallet/shell';

/** What the daemon asks about sealed actions: to perform one, or whether one ever began. */
export function invoking(sealed: SealedEgress, operations: OperationVault): SealedWork['invoke'] {
  return async (bytes, signal) => {
    const parsed = parseStrict(bytes, { maxBytes: MOST_BYTES });
    if (!parsed.ok) return unsent('edge.bad_request', 'the request is not understood');
    const { settle } = Object(parsed.value) as { settle?: unknown };
    if (typeof settle === 'string') {
      const settled = await operations.settle(settle);
      if (!settled.ok) return unsent(settled.error.code, settled.error.message);
      return ok({ wasLeased: settled.value });
    }
    const invocation = parsed.value as unknown as Invocation;
    if (!isSound(invocation) || !isSchema(invocation))
      return unsent('edge.bad_request', 'this is no sealed action');
    return sealed.invoke(invocation, signal);
  };
}

/** What programs in a sandbox ask for with a secret in it, and questions to models with a key. */
export function exchanging(web: WebEgress): SealedWork['exchange'] {
  return async (bytes, signal) => {
    const parsed = parseStrict(bytes, { maxBytes: MOST_BYTES });
    if (!parsed.ok) return unsent('edge.bad_request', 'the request is not understood');
    const invocation = parsed.value as unknown as WebInvocation | ModelInvocation;
    if (!isSound(invocation) || !isQuestion(invocation))
      return unsent('edge.bad_request', 'this is no sealed request');
    return web.exchange(invocation, signal);
  };
}

const MOST_BYTES = 32 * 1024 * 1024;

/** One that says which candidate is asked says so soundly. */
function isQuestion(given: WebInvocation | Partial<Record<keyof ModelInvocation, unknown>>) {
  if (!('candidate' in given)) return true;
  const { candidate, streams } = given;
  return Number.isSafeInteger(candidate) && Number(candidate) >= 0 && typeof streams === 'boolean';
}

function isSchema({ inputSchema }: Partial<Record<keyof Invocation, unknown>>): boolean {
  return typeof inputSchema === 'object' && inputSchema !== null;
}

function isSound(given: Partial<Record<keyof WebInvocation, unknown>>): boolean {
  const { packet, included, note, contract, contents } = Object(given);
  const { seq, text, path } = Object(included) as Record<string, unknown>;
  const isText = [note, seq, text].every((each) => typeof each === 'string');
  const isObject = typeof contents === 'object' && contents !== null;
  const isPath = Array.isArray(path) && path.every((each) => typeof each === 'string');
  return (
    isText && isObject && isPath && isPktActionInvoke(packet) && isRuntimeToolContract(contract)
  );
}
