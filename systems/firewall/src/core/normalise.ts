import { err, finish, ok, type Pausing, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  type ActionRequest,
  isActionRequest,
  type Rejection,
  type RuntimeToolContract,
} from '@ioi/protocol';
import { META, paramsOf, type ResolvedPaths, type ToolArguments } from './arguments.ts';
import { identify } from './identity.ts';
import { extractPayloads, type Payload } from './payloads.ts';

export type ToolCall = {
  readonly contract: RuntimeToolContract;
  readonly arguments: ToolArguments;
  readonly paths: ResolvedPaths;
  /** Assigned by the node for the connection, never by the caller. */
  readonly context: ActionRequest['context'];
  readonly nonce: string;
  /** What is sent beside the arguments, such as a trace context; of the request as they are. */
  readonly meta?: ToolArguments | undefined;
  /** 32 hex digits of chance, fresh for each call. */
  readonly salt: string;
  /** A content that is sent and stands elsewhere, of which the request holds digest and size. */
  readonly streamed?: Digest | undefined;
  /** What may leave of the parameters, where they leave the boundary. */
  readonly leave?:
    | ((params: ActionRequest['params']) => Pausing<ActionRequest['params']>)
    | undefined;
};

export type NormalisedCall = {
  readonly request: ActionRequest;
  /** Contents the request refers to, salted; kept apart from it, so that they can be forgotten. */
  readonly payloads: readonly Payload[];
  /** The parameters as they were before, `_meta` among them. */
  readonly params: ActionRequest['params'];
};

/**
 * A tool call as an ActionRequest (whitepaper 2.6.1): whatever the door, the same act gives the
 * same target and the same parameters, so no policy can be dodged by another toolpath.
 */
export function normaliseCall(call: ToolCall): Result<NormalisedCall, Rejection> {
  return finish(normaliseWithPauses(call));
}

/** The same with pauses while it is told what may leave. */
export function* normaliseWithPauses(call: ToolCall): Pausing<Result<NormalisedCall, Rejection>> {
  const { contract, context, nonce } = call;
  const params = paramsOf(contract, call.arguments, call.paths);
  if (!params.ok) return params;
  const given = call.meta === undefined ? params.value : { ...params.value, [META]: call.meta };
  const left = call.leave ? yield* call.leave(given) : given;
  const extracted = extractPayloads(left, contract, call.salt, call.streamed);
  if (!extracted.ok) return extracted;
  const { payloads } = extracted.value;
  const request: unknown = {
    target: contract.target,
    params: extracted.value.params,
    context,
    nonce,
  };
  if (!isActionRequest(request)) {
    return err({ code: 'request.invalid', message: 'the call does not fit ActionRequest' });
  }
  const identified = identify(request);
  return identified.ok ? ok({ request, payloads, params: given }) : identified;
}
