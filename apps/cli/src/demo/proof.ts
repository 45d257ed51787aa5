import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cosignedNote } from '../shell/cosigned.ts';
import { entries } from '../shell/installation.ts';
import { saveExport } from '../shell/save-export.ts';
import type { DemoNode } from './stage.ts';

export type Proof = {
  readonly file: string;
  readonly bytes: number;
  readonly isVerified: boolean;
  readonly lines: readonly string[];
};

/**
 * Exports the log and verifies it as somebody else would: in a process of its own that shares
 * nothing with the node, against a checkpoint and a node id learnt beforehand.
 */
export async function proveLog({ sample, daemon, nodeId }: DemoNode): Promise<Proof> {
  const checkpoint = join(sample.root, 'checkpoint.txt');
  writeFileSync(checkpoint, (await cosignedNote(daemon)).note);
  const file = join(sample.root, 'demo.ioi-export');
  const bytes = await saveExport(daemon, file, false);
  const flags = ['--node', nodeId, '--expect', checkpoint, '--no-input'];
  const verifier = spawn(process.execPath, [entries.main, 'verify', file, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = text(verifier.stdout);
  const [code] = await once(verifier, 'exit');
  return { file, bytes, isVerified: code === 0, lines: (await said).trimEnd().split('\n') };
}
