import { encodeUtf8 } from '@ioi/basis';
import { smallLog } from '@ioi/law/testing';
import { changedBytes, sweep } from '@ioi/verifier/testing';
import type { Evidence, Progress } from './evidence.ts';

const AT_ONCE = 500;

/** Changes bytes of an export, `every` apart and each by itself; no such file may be accepted. */
export async function runSweep(every: number, onProgress?: Progress): Promise<Evidence> {
  const file = encodeUtf8(await smallLog().node.export());
  const positions = Array.from({ length: Math.ceil(file.length / every) }, (_, at) => at * every);
  const findings: string[] = [];
  for (let at = 0; at < positions.length; at += AT_ONCE) {
    const some = positions.slice(at, at + AT_ONCE);
    const { accepted } = sweep(changedBytes(file, some, (position) => 1 << ((position * 7) % 8)));
    findings.push(...accepted.map(({ name }) => `accepted: ${name}`));
    onProgress?.(Math.min(at + AT_ONCE, positions.length), positions.length, 'bytes', findings);
  }
  return { findings, counts: { bytes: file.length, changed: positions.length } };
}
