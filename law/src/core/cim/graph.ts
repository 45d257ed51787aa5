import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { type Confidence, compareClasses, type PiiClass, type Severity } from './classes.ts';
import type { InspectedText } from './params.ts';
import { scan } from './scan.ts';
import type { Span } from './span.ts';

/** A span and where its text stands; `is_rewritable`: something else may stand there instead. */
export type GraphSpan = Span & { readonly at: string; readonly is_rewritable: boolean };

/**
 * What the detectors found in everything an action would send (whitepaper 2.6.4). All that is
 * decided is decided on this. `source_hash` is the salted digest of what was looked at.
 */
export type EvidenceGraph = {
  readonly source_hash: Digest;
  readonly spans: readonly GraphSpan[];
};

/** How many spans are alike in all that routing goes by; says nothing of where or what. */
export type Finding = {
  readonly class: PiiClass;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly is_ambiguous: boolean;
  readonly is_rewritable: boolean;
  readonly count: number;
};

/** Spans by place, then position: the same whatever order the texts come in. */
export function evidenceGraph(texts: readonly InspectedText[], source_hash: Digest): EvidenceGraph {
  const ordered = [...texts].sort((left, right) => compareText(left.at, right.at));
  const spans = ordered.flatMap(({ at, text, isRewritable }) =>
    scan(text).map((span) => ({ ...span, at, is_rewritable: isRewritable })),
  );
  return { source_hash, spans };
}

export function graphHash(graph: EvidenceGraph): Digest {
  return hashOf(graph);
}

/** One row for each kind of span, the most severe class first. */
export function findingsOf({ spans }: EvidenceGraph): Finding[] {
  const rows = new Map<string, Finding>();
  for (const span of spans) {
    const { class: piiClass, severity, confidence, is_ambiguous, is_rewritable } = span;
    const kind = { class: piiClass, severity, confidence, is_ambiguous, is_rewritable };
    const key = Object.values(kind).join(' ');
    rows.set(key, { ...kind, count: (rows.get(key)?.count ?? 0) + 1 });
  }
  return [...rows.entries()]
    .sort(([one, left], [other, right]) => {
      return compareClasses(left.class, right.class) || compareText(one, other);
    })
    .map(([, row]) => row);
}

/** Digest of plain data that is known to have a canonical form. */
export function hashOf(value: unknown): Digest {
  const hash = digestOf(value);
  assert(hash.ok, 'graphs, findings and policies have a canonical form');
  return hash.value;
}

/** By UTF-16 code units. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
