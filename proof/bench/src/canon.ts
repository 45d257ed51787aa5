import { canonicalJson, digestOf, parseStrict } from '@ioi/canon';
import canonicalize from 'canonicalize';
import { interleave, median, type Rounds } from './measure.ts';
import type { Report } from './report.ts';
import { sampleRequest } from './sample.ts';

const ROUNDS: Rounds = { batch: 1000, rounds: 100, warmUp: 20 };
const CANON = 'canonicalize 5.1.0';

/**
 * Canonical text of one ActionRequest against `JSON.stringify`, which orders nothing, and the npm
 * library for RFC 8785. Reading a character flattens what a library may have left as pieces: all
 * of them are charged for a text that can be hashed.
 */
export function run(report: Report): void {
  const text = JSON.stringify(sampleRequest);
  const bytes = new TextEncoder().encode(text);
  const canonical = canonicalJson(sampleRequest);
  if (!canonical.ok || canonical.value !== canonicalize(sampleRequest)) {
    throw new Error('the texts compared are not the same');
  }
  const samples = interleave(
    {
      stringify: () => JSON.stringify(sampleRequest).charCodeAt(9),
      canonicalize: () => (canonicalize(sampleRequest) ?? '').charCodeAt(9),
      canonicalJson: () => {
        const result = canonicalJson(sampleRequest);
        return result.ok ? result.value.charCodeAt(9) : Number.NaN;
      },
      parse: () => (JSON.parse(text) as typeof sampleRequest).nonce.length,
      parseStrict: () => (parseStrict(bytes).ok ? 1 : Number.NaN),
      digestOf: () => (digestOf(sampleRequest).ok ? 1 : Number.NaN),
    },
    ROUNDS,
  );
  const ours = median(samples.canonicalJson);
  const stringify = median(samples.stringify);
  const library = median(samples.canonicalize);
  report.note(`an ActionRequest of ${bytes.length} bytes`);
  report.figure({
    figure: 'p50_ratio_vs_stringify',
    value: ours / stringify,
    unit: 'x',
    target: { op: '<=', value: 2.5 },
    peer: { name: 'JSON.stringify', value: stringify, ratio: ours / stringify },
  });
  report.figure({
    figure: 'speedup_vs_canonicalize',
    value: library / ours,
    unit: 'x',
    target: { op: '>=', value: 2 },
    peer: { name: CANON, value: library, ratio: library / ours },
  });
  report.figure({ figure: 'p50_us', value: ours, unit: 'us' });
  report.figure({ figure: 'digest_p50_us', value: median(samples.digestOf), unit: 'us' });
  const parse = median(samples.parse);
  const strict = median(samples.parseStrict);
  report.figure({
    figure: 'parse_p50_us',
    value: strict,
    unit: 'us',
    peer: { name: 'JSON.parse', value: parse, ratio: strict / parse },
  });
}
