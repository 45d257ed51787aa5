import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { confidences, type PiiClass } from './classes.ts';
import { type EvidenceGraph, type GraphSpan, hashOf } from './graph.ts';

/** Classes whose shape alone is enough for this policy: their ambiguity is cleared. Sorted. */
export type AssistConfig = { readonly certain: readonly PiiClass[] };

/** Which assist, of which version, told what (whitepaper 2.6.4). */
export type AssistIdentity = {
  readonly kind: 'cim_v0';
  readonly version: string;
  readonly config_hash: Digest;
  readonly module_hash: Digest;
};

/** Raised with every change of what detectors find or the assist does. */
const VERSION = '2';
const RULES = ['drop ambiguous low', 'downgrade ambiguous', 'clear certain'];

export function assistIdentity(config: AssistConfig): AssistIdentity {
  const module_hash = hashOf({ kind: 'cim_v0', version: VERSION, rules: RULES });
  return { kind: 'cim_v0', version: VERSION, config_hash: hashOf(config), module_hash };
}

/**
 * `cim_v0`: drops what has the shape and little else, lowers the confidence of what is ambiguous
 * and clears ambiguity where the policy says so. It sees the graph alone, never a text.
 */
export function assist(graph: EvidenceGraph, { certain }: AssistConfig): EvidenceGraph {
  const spans = graph.spans.flatMap((span): readonly GraphSpan[] => {
    if (!span.is_ambiguous) return [span];
    if (certain.includes(span.class)) return [{ ...span, is_ambiguous: false }];
    return span.confidence === 'low' ? [] : [{ ...span, confidence: 'low' }];
  });
  return { ...graph, spans };
}

/**
 * Whether an assist, any assist, kept to its contract. Refused: another source, a span that was
 * not there, twice, or elsewhere in order; another class, severity or place; more confidence; new
 * ambiguity; ambiguity cleared that the policy does not clear; a sure span dropped.
 */
export function checkAssist(
  before: EvidenceGraph,
  after: EvidenceGraph,
  { certain }: AssistConfig,
): Result<EvidenceGraph, string> {
  if (before.source_hash !== after.source_hash) return err('the source hash changed');
  let at = 0;
  for (const span of after.spans) {
    while (at < before.spans.length && !isSamePlace(before.spans[at] as GraphSpan, span)) {
      if (!before.spans[at]?.is_ambiguous) return err('a span that is not ambiguous was dropped');
      at += 1;
    }
    const given = before.spans[at];
    if (!given) return err('a span was created, moved or made another');
    if (rank(span) > rank(given)) return err('confidence was raised');
    if (span.is_ambiguous && !given.is_ambiguous) return err('a span became ambiguous');
    const isCleared = given.is_ambiguous && !span.is_ambiguous;
    if (isCleared && !certain.includes(span.class)) return err('ambiguity was cleared');
    at += 1;
  }
  const dropped = before.spans.slice(at).find((span) => !span.is_ambiguous);
  return dropped ? err('a span that is not ambiguous was dropped') : ok(after);
}

function isSamePlace(left: GraphSpan, right: GraphSpan): boolean {
  return (
    left.at === right.at &&
    left.start === right.start &&
    left.end === right.end &&
    left.class === right.class &&
    left.severity === right.severity &&
    left.is_rewritable === right.is_rewritable
  );
}

function rank({ confidence }: GraphSpan): number {
  return confidences.indexOf(confidence);
}
