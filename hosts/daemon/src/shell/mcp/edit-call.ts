import { setTimeout as sleep } from 'node:timers/promises';
import { argumentsOf, metaOf } from '@ioi/firewall';
import type { JsonObject } from '@ioi/jsonrpc';
import { changedParams, type ParamChange, revealed } from '@ioi/law';
import type { ActionRequest, Rejection } from '@ioi/protocol';
import type { Call } from '../../core/index.ts';
import type { Boundary } from '../boundary.ts';
import type { Contents } from '../contents.ts';
import type { Writer } from '../writer.ts';
import { type Capturing, captureAgain } from './capture.ts';

export type Editing = Capturing & {
  readonly boundary: Boundary;
  readonly contents: Contents;
  readonly writer: Writer;
};

export type EditOrder = {
  readonly request_hash: string;
  readonly changes: readonly ParamChange[];
};

/**
 * Makes what a person edited a request again, from the arguments on: paths, contents and what may
 * leave are looked at as if the agent had asked for it so. What cannot be made is told to the
 * guardian, and the request waits on as it was.
 */
export async function editCall(order: EditOrder, editing: Editing): Promise<void> {
  const { request_hash: requestHash } = order;
  const { writer } = editing;
  const refusal = await tryEdit(order, editing).catch((fault: unknown) => {
    return { code: 'daemon.fault', message: String(fault) };
  });
  if (refusal !== undefined) writer.refuseEdit(requestHash, refusal);
}

/** A request is listed once it is sealed, and waits here a moment later. */
const MOMENT_MS = 500;
const LOOK_MS = 20;

async function waitingCall(boundary: Boundary, requestHash: string): Promise<Call | undefined> {
  const until = performance.now() + MOMENT_MS;
  for (;;) {
    const call = boundary.waiting().find((each) => each.requestHash === requestHash);
    if (call !== undefined || performance.now() > until) return call;
    await sleep(LOOK_MS);
  }
}

async function tryEdit(
  { request_hash: requestHash, changes }: EditOrder,
  editing: Editing,
): Promise<Rejection | undefined> {
  const { boundary, contents } = editing;
  const call = await waitingCall(boundary, requestHash);
  if (call === undefined) return { code: 'edit.not_pending', message: 'it does not wait here' };
  const plain = revealed(call.request.params, (digest) => contents.text(digest));
  const changed = changedParams(plain as ActionRequest['params'], changes);
  if (!changed.ok) return changed.error;
  const given = argumentsOf(call.contract, changed.value, () => undefined);
  if (!given.ok) return given.error;
  const meta = metaOf(changed.value, () => undefined);
  if (!meta.ok) return meta.error;
  const act = { given: given.value as JsonObject, meta: meta.value as JsonObject | undefined };
  const captured = await captureAgain(call, act, editing);
  if ('refusal' in captured) return captured.refusal;
  const edited: Call = {
    ...captured.call,
    // Asked for again as it was, it is answered by what it was edited into.
    intent: call.intent,
    edits: call.requestHash,
    // Also those of an edit before it: whoever asked is told all that is not as it asked.
    editedNames: [
      ...new Set([...(call.editedNames ?? []), ...changes.map(({ path }) => path[0] ?? '')]),
    ],
    ...(call.provenance === undefined ? {} : { provenance: call.provenance }),
  };
  return boundary.replace(call, edited, captured.payloads);
}
