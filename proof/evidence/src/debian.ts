import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STEPS } from './debian/life.ts';
import { makePackages } from './debian/packages.ts';
import { DebianRoot, whyNoDebian } from './debian/root.ts';
import type { Evidence, Progress } from './evidence.ts';

/**
 * The life of a node on a fresh Debian that has only what our package depends on, and no network
 * once that is there: installed, used, upgraded, taken back, restored, contained, removed.
 */
export async function runDebian(onProgress?: Progress): Promise<Evidence> {
  const missing = whyNoDebian();
  if (missing !== undefined) throw new Error(missing);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-debian-')));
  // What runs as in a container runs by an account that has to find its root.
  chmodSync(folder, 0o755);
  const root = new DebianRoot(join(folder, 'root'));
  const findings: string[] = [];
  let taken = 0;
  try {
    const unmade = root.make();
    // A mirror that is out of reach says nothing of the node, and is no evidence either.
    if (unmade !== undefined) throw new Error(`no Debian could be made: ${unmade}`);
    const packages = await makePackages(root.at('media'), join(folder, 'staging'));
    const life = { root, packages, seen: { entries: 0, node: '' } };
    for (const [name, take] of STEPS) {
      try {
        await take(life);
        taken += 1;
        onProgress?.(taken, STEPS.length, name);
      } catch (fault) {
        // Each goes on from the one before.
        findings.push(`${name}: ${fault instanceof Error ? fault.message : String(fault)}`);
        onProgress?.(taken, STEPS.length, name, findings);
        break;
      }
    }
    return {
      findings,
      counts: { steps: STEPS.length, steps_taken: taken, log: life.seen.entries },
    };
  } finally {
    await root.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
