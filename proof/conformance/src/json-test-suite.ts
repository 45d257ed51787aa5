import { join } from 'node:path';
import { type CanonCode, canonicalJson, parseStrict } from '@ioi/canon';
import { check, newTally, type Tally } from './tally.ts';
import { bytesOf, jsonFilesIn } from './vectors.ts';

type Verdict = 'accepted' | CanonCode | 'crashed';

/** JSON that RFC 8259 allows and I-JSON (RFC 7493) does not: to be refused, for this reason. */
const NOT_I_JSON: Readonly<Record<string, Verdict>> = {
  'y_object_duplicated_key.json': 'canon.duplicate_key',
  'y_object_duplicated_key_and_value.json': 'canon.duplicate_key',
};

/** nst/JSONTestSuite: what every parser accepts, refuses, or may treat as it likes. */
export function run(vectors: string): Tally {
  const tally = newTally();
  const folder = join(vectors, 'json-test-suite');
  for (const name of jsonFilesIn(join(folder, 'parsing'))) {
    const verdict = verdictOn(bytesOf(folder, 'parsing', name));
    const reason = NOT_I_JSON[name];
    check(tally, `${name}: ${verdict}`, isRight(name, verdict, reason));
    if (reason !== undefined) tally.excepted.push(`${name}: refused as ${reason}`);
  }
  for (const name of jsonFilesIn(join(folder, 'transform'))) {
    const verdict = verdictOn(bytesOf(folder, 'transform', name));
    check(tally, `transform/${name}: ${verdict}`, verdict !== 'crashed');
  }
  return tally;
}

function isRight(name: string, verdict: Verdict, reason: Verdict | undefined): boolean {
  if (reason !== undefined) return verdict === reason;
  if (name.startsWith('y_')) return verdict === 'accepted';
  if (name.startsWith('n_')) return verdict !== 'accepted' && verdict !== 'crashed';
  return verdict !== 'crashed';
}

/** Accepted only if the value also has a canonical text that means the same. */
function verdictOn(text: Uint8Array): Verdict {
  try {
    const parsed = parseStrict(text);
    if (!parsed.ok) return parsed.error.code;
    const canonical = canonicalJson(parsed.value);
    if (!canonical.ok) return 'crashed';
    const again = parseStrict(canonical.value);
    if (!again.ok) return 'crashed';
    const repeated = canonicalJson(again.value);
    return repeated.ok && repeated.value === canonical.value ? 'accepted' : 'crashed';
  } catch {
    return 'crashed';
  }
}
