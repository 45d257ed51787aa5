import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { ActionRequest, DecideAction, Evidence, Rejection, View } from '@ioi/protocol';
import { contentKeys } from '../content/heads.ts';
import { referenceIn, unsaltedBytes } from '../content/reference.ts';
import { type AssumedText, type Layers, policiesIn, textPatternsOf } from '../policy/index.ts';

/** The text that conditions look at, where the request only refers to it. */
export type DecidingText = string | AssumedText | undefined;

type Looking = {
  readonly layers: Layers;
  readonly evidence: Evidence;
  readonly view: View;
};

/** Contents by which a request is decided: its text, where a rule of its target looks. */
export function decidingContents(
  layers: Layers,
  { target, params }: ActionRequest,
): readonly Digest[] {
  const reference = referenceIn(params['text']);
  const looks = policiesIn(layers).some((policy) => textPatternsOf(policy, target).length > 0);
  return reference && looks ? [reference.$payload] : [];
}

/**
 * A decision names exactly the contents it is made on, so that a reader of the log alone knows
 * them. Rejects with `content.undeclared`, `content.forgotten` or `content.missing`.
 */
export function decidingText(
  { request, evidence: named = [] }: DecideAction,
  { layers, evidence, view }: Looking,
): Result<DecidingText, Rejection> {
  const contents = decidingContents(layers, request);
  if (contents.join() !== named.join()) {
    return reject('content.undeclared', `decided on ${contents.join(', ') || 'no content'}`);
  }
  const [digest] = contents;
  if (digest === undefined) return ok(undefined);
  if (view.get(contentKeys.forgotten(digest)) !== undefined) {
    return reject('content.forgotten', `${digest} was forgotten before`);
  }
  const bytes = evidence.payload(digest);
  if (bytes) return ok(unsaltedBytes(bytes));
  if (evidence.assumed) return ok(evidence.assumed);
  return reject('content.missing', `no content for ${digest}`);
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
