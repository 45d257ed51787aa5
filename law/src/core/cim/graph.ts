import { assert, type Pausing } from '@ioi/basis';
import { canonicalJson, type Digest, digesting, digestOf } from '@ioi/canon';
import { type Confidence, compareClasses, type PiiClass, type Severity } from './classes.ts';
import type { InspectedText } from './params.ts';
import { forEachPart } from './parts.ts';
import { STRETCH, scanWithPauses } from './scan.ts';
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

/** What a text costs however short it is, in characters. */
const LEAST_COST = 16;

/** Spans by place, then position: the same whatever order the texts come in. */
export function* evidenceGraph(
  texts: readonly InspectedText[],
  source_hash: Digest,
): Pausing<EvidenceGraph> {
  const ordered = [...texts].sort((left, right) => compareText(left.at, right.at));
  const spans: GraphSpan[] = [];
  let read = 0;
  for (const { at, text, isRewritable } of ordered) {
    yield* forEachPart(yield* scanWithPauses(text), (part) => {
      for (const span of part) spans.push({ ...span, at, is_rewritable: isRewritable });
    });
    read += text.length + LEAST_COST;
    if (read < STRETCH) continue;
    read = 0;
    yield;
  }
  return { source_hash, spans };
}

/** Digest of its canonical form, which is put together part by part. */
export function* graphHash({ source_hash, spans }: EvidenceGraph): Pausing<Digest> {
  const digest = digesting();
  digest.add(`{"source_hash":"${source_hash}","spans":[`);
  let before = '';
  yield* forEachPart(spans, (part) => {
    const texts = canonicalJson(part);
    assert(texts.ok, 'spans have a canonical form');
    digest.add(before + texts.value.slice(1, -1));
    before = ',';
  });
  digest.add(']}');
  return digest.end();
}

/** One row for each kind of span, the most severe class first. */
export function* findingsOf({ spans }: EvidenceGraph): Pausing<Finding[]> {
  const rows = new Map<string, Finding>();
  yield* forEachPart(spans, (part) => {
    for (const span of part) {
      const { class: piiClass, severity, confidence, is_ambiguous, is_rewritable } = span;
      const kind = { class: piiClass, severity, confidence, is_ambiguous, is_rewritable };
      const key = Object.values(kind).join(' ');
      rows.set(key, { ...kind, count: (rows.get(key)?.count ?? 0) + 1 });
    }
  });
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
