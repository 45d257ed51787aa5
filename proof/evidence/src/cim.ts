import { assist, piiClasses, scan } from '@ioi/law';
import { type LabelledSpan, labelledTexts, scoreOf } from '@ioi/law/testing';
import type { Evidence } from './evidence.ts';

const LEAST = 0.99;
const DIGITS = 10_000;
const SOURCE = `sha256:${'0'.repeat(64)}` as const;

type Tally = { labelled: number; found: number; wrong: number; missed: number };

/** Precision and recall of detectors and assist on texts made from templates never looked at. */
export function runCim(texts: number, seed: number): Evidence {
  const tallies = new Map(piiClasses.map((each) => [each as string, emptyTally()]));
  const all = emptyTally();
  for (const { text, spans } of labelledTexts('held_out', texts, seed)) {
    const found = spansIn(text);
    const { wrong, missed } = scoreOf(spans, found);
    const lists = { labelled: spans, found, wrong, missed };
    for (const [name, list] of Object.entries(lists)) {
      for (const span of list) {
        for (const tally of [all, tallies.get(span.class)]) {
          if (tally) tally[name as keyof Tally] += 1;
        }
      }
    }
  }
  const shares: Record<string, number> = {};
  const findings: string[] = [];
  for (const [name, tally] of [...tallies, ['all', all] as const]) {
    const precision = share(tally.found - tally.wrong, tally.found);
    const recall = share(tally.labelled - tally.missed, tally.labelled);
    shares[`precision_${name}`] = precision;
    shares[`recall_${name}`] = recall;
    if (precision < LEAST || recall < LEAST) {
      findings.push(`${name}: precision ${precision}, recall ${recall}`);
    }
  }
  return { findings, counts: { texts, ...all }, shares };
}

/** What counts for routing where a policy clears no ambiguity. */
function spansIn(text: string): readonly LabelledSpan[] {
  const spans = scan(text).map((span) => ({ ...span, at: '', is_rewritable: true }));
  return assist({ source_hash: SOURCE, spans }, { certain: [] }).spans;
}

function emptyTally(): Tally {
  return { labelled: 0, found: 0, wrong: 0, missed: 0 };
}

/** Four decimals, rounded down. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((part * DIGITS) / whole) / DIGITS;
}
