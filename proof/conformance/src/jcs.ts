import { join } from 'node:path';
import { canonicalBytes, parseStrict } from '@ioi/canon';
import { check, newTally, type Tally } from './tally.ts';
import { bytesOf, hexBytes, jsonFilesIn } from './vectors.ts';

/** cyberphone/json-canonicalization: input, canonical output, and that output in hexadecimal. */
export function run(vectors: string): Tally {
  const tally = newTally();
  const folder = join(vectors, 'jcs');
  for (const name of jsonFilesIn(join(folder, 'input'))) {
    const output = bytesOf(folder, 'output', name);
    const hex = Buffer.from(bytesOf(folder, 'outhex', name.replace('.json', '.txt'))).toString();
    const canonical = canonicalOf(bytesOf(folder, 'input', name));
    check(tally, `${name}: output`, isSame(canonical, output));
    check(tally, `${name}: outhex`, isSame(canonical, hexBytes(hex.replaceAll(/\s/g, ''))));
    check(tally, `${name}: again`, isSame(canonicalOf(output), output));
  }
  return tally;
}

function canonicalOf(text: Uint8Array): Uint8Array | undefined {
  const parsed = parseStrict(text);
  if (!parsed.ok) return undefined;
  const canonical = canonicalBytes(parsed.value);
  return canonical.ok ? canonical.value : undefined;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
