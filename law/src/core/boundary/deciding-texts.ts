import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { ActionRequest, DecideAction, Evidence, Rejection, View } from '@ioi/protocol';
import { contentKeys } from '../content/heads.ts';
import { unsaltedBytes } from '../content/reference.ts';
import {
  type Contents,
  type Layers,
  policiesIn,
  referredTexts,
  textPatternsOf,
} from '../policy/index.ts';

/** Contents one decision may be made on; what a request refers to beyond is undetermined. */
const MOST_CONTENTS = 64;

type Looking = {
  readonly layers: Layers;
  readonly evidence: Evidence;
  readonly view: View;
};

/** Contents by which a request is decided: its texts, where a rule of its target looks. */
export function decidingContents(
  layers: Layers,
  { target, params }: ActionRequest,
): readonly Digest[] {
  const looks = policiesIn(layers).some((policy) => textPatternsOf(policy, target).length > 0);
  return looks ? referredTexts(params).slice(0, MOST_CONTENTS) : [];
}

/**
 * A decision names exactly the contents it is made on, so that a reader of the log alone knows
 * them. Rejects with `content.undeclared`, `content.forgotten` or `content.missing`.
 */
export function decidingTexts(
  { request, evidence: named = [] }: DecideAction,
  { layers, evidence, view }: Looking,
): Result<Contents, Rejection> {
  const contents = decidingContents(layers, request);
  if (contents.join() !== named.join()) {
    return reject('content.undeclared', `decided on ${contents.join(', ') || 'no content'}`);
  }
  const texts = new Map<Digest, ReturnType<Contents>>();
  for (const digest of contents) {
    if (view.get(contentKeys.forgotten(digest)) !== undefined) {
      return reject('content.forgotten', `${digest} was forgotten before`);
    }
    const bytes = evidence.payload(digest);
    const text = bytes ? unsaltedBytes(bytes) : evidence.assumed;
    if (!bytes && text === undefined) return reject('content.missing', `no content for ${digest}`);
    texts.set(digest, text);
  }
  return ok((digest) => texts.get(digest));
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
