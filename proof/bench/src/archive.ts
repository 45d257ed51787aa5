import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testedProgram } from '@ioi/basis/testing';
import { generateHybridKey, sealKeyFile } from '@ioi/crypto/shell';
import { identityOf } from '@ioi/guardian/owner';
import type { RecoveryAnswer, RecoveryJob } from '@ioi/protocol';
import type { Report } from './report.ts';

const RECOVERY = testedProgram('hosts/recovery/src/main.ts');
const PIECE_BYTES = 1_000_000;
/** Half of them are the log, half an artifact that goes along. */
const PIECES = 500;
const PASSPHRASE = 'a passphrase of a bench';
/** Opening a key is not what is measured. */
const CHEAP = { memory_kib: 1024, passes: 1, parallelism: 1 };

/** An export of 1 GB sealed to an owner, and opened by that owner's key: both on disk. */
export async function measureArchive(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-archive-'));
  const at = (name: string): string => join(folder, name);
  try {
    const key = generateHybridKey();
    writeFileSync(at('owner.key'), await sealKeyFile(key, PASSPHRASE, CHEAP));
    writeExport(at('export'));
    const bytes = PIECES * PIECE_BYTES;
    const part = { path: at('artifact'), sha256: writeExport(at('artifact')), bytes };
    mkdirSync(at('parts'));
    const archive_id = 'archive://bench/1';
    const recipient = identityOf(key);
    const owner = { kind: 'key_file', path: at('owner.key'), passphrase: PASSPHRASE } as const;
    const [archive, into] = [at('archive'), at('opened')];
    const start = performance.now();
    const sealing = { plain: at('export'), parts: [part], recipient, archive_id, to: archive };
    await done({ kind: 'seal_archive', ...sealing });
    await done({ kind: 'open_archive', archive, archive_id, owner, into, parts_into: at('parts') });
    const value = (performance.now() - start) / 1000;
    for (const each of [into, join(at('parts'), part.sha256)]) {
      const { size } = statSync(each);
      if (size !== bytes) throw new Error(`${size} bytes came out`);
    }
    report.note(
      '500 MB of log and 500 of an artifact, sealed and opened again, each in a process of its own',
    );
    report.figure({
      ...{ figure: 'archive_gb_s', value, unit: 's' },
      target: { op: '<=', value: 30 },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of no meaning; gives their SHA-256 in hex. */
function writeExport(path: string): string {
  const file = openSync(path, 'wx');
  const piece = randomBytes(PIECE_BYTES);
  const hash = createHash('sha256');
  for (let at = 0; at < PIECES; at += 1) {
    writeSync(file, piece);
    hash.update(piece);
  }
  closeSync(file);
  return hash.digest('hex');
}

async function done(job: RecoveryJob): Promise<void> {
  const child = spawn(process.execPath, [RECOVERY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => said.push(piece));
  child.stdin.end(JSON.stringify(job));
  await once(child, 'close');
  const last = Buffer.concat(said).toString('utf8').trim().split('\n').at(-1) ?? '{}';
  const answer = JSON.parse(last) as RecoveryAnswer;
  if (answer.kind === 'refused') throw new Error(`${answer.code}: ${answer.message}`);
}
