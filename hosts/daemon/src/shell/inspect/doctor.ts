import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type DomainFacts, findingOf, judgeDomain } from '@ioi/agentgres';
import {
  examineHeads,
  examineLog,
  examineProjections,
  examineTree,
  openLogFile,
} from '@ioi/agentgres/shell';
import type { DoctorFinding, DoctorReport } from '@ioi/protocol';
import { type DomainFolder, domainFolders, nameOf } from './folders.ts';
import { headOf, sealFile } from './signed-head.ts';
import { progressOver, type Speak } from './speak.ts';

/** Below this much room a commit may fail in the middle of a write. */
const LEAST_FREE_BYTES = 512 * 1024 * 1024;

/** Looks at everything a node keeps and changes nothing; the node may be running. */
export function examineNode(home: string, speak: Speak): DoctorReport {
  const findings: DoctorFinding[] = [];
  const find = (found: readonly DoctorFinding[]): void => {
    for (const finding of found) {
      findings.push(finding);
      speak({ kind: 'found', finding });
    }
  };
  const folders = domainFolders(home);
  let entries = 0;
  for (const folder of folders) entries += examineDomain(folder, { speak, find });
  find(roomIn(join(home, 'data')));
  return { of: 'doctor', domains: folders.length, entries, findings };
}

type Examining = {
  readonly speak: Speak;
  readonly find: (found: readonly DoctorFinding[]) => void;
};

/** Heads before the seal before the log: a node that runs moves them on in the other order. */
function examineDomain(folder: DomainFolder, { speak, find }: Examining): number {
  const where = nameOf(folder);
  const heads = examineHeads(folder.folder);
  const snapshot = examineTree(folder.folder);
  const views = examineProjections(join(folder.folder, 'projections'), where);
  const seal = sealOf(folder);
  const sizes = [
    heads.value?.size,
    typeof snapshot === 'object' ? snapshot.size : undefined,
    typeof seal.value === 'object' ? seal.value.size : undefined,
    ...(views.value ?? []).map((each) => each.size),
  ].filter((size) => size !== undefined);
  const report = progressOver(speak);
  const log = examineLog({
    folder: folder.folder,
    sizes,
    onProgress: (done, of) => report({ step: `reading ${where}`, done, of }),
  });
  find([...log.findings, ...seal.findings, ...heads.findings, ...views.findings]);
  if (log.value === undefined) return 0;
  const { size, marks } = log.value;
  const facts = { where, size, marks, snapshot, projections: views.value ?? [] };
  find(judgeDomain({ ...facts, heads: heads.value, seal: seal.value }));
  return size;
}

type SealOf = { readonly value: DomainFacts['seal']; readonly findings: readonly DoctorFinding[] };

function sealOf(folder: DomainFolder): SealOf {
  const { sealPath } = folder;
  const only = (code: 'seal.unreadable' | 'file.foreign_format', message: string): SealOf => {
    return { value: 'hidden', findings: [findingOf(code, sealPath, message)] };
  };
  const found = sealFile(folder);
  if (found.kind === 'hidden') return { value: 'hidden', findings: [] };
  if (found.kind === 'absent') return { value: undefined, findings: [] };
  if (found.kind === 'unreadable') return only('seal.unreadable', found.message);
  if (!found.isKnownFormat) return only('file.foreign_format', `it has format ${found.format}`);
  if (found.faults.length > 0) return only('seal.unreadable', found.faults.join('; '));
  if (found.seal === undefined) return { value: undefined, findings: [] };
  return signed(folder, found.seal);
}

function signed(folder: DomainFolder, { size, note }: { size: number; note: string }): SealOf {
  const seal = { size, root: note.split('\n')[2] ?? '' };
  if (!existsSync(join(folder.folder, 'log.db'))) return { value: seal, findings: [] };
  try {
    const log = openLogFile(folder.folder);
    const head = headOf(note, log);
    log.close();
    if (head.ok) return { value: seal, findings: [] };
    const finding = findingOf('seal.bad_signature', folder.sealPath, head.error.message);
    return { value: seal, findings: [finding] };
  } catch {
    // The log cannot be read, which is told of the log.
    return { value: seal, findings: [] };
  }
}

function roomIn(data: string): DoctorFinding[] {
  if (!existsSync(data)) return [];
  const { bavail, bsize } = statfsSync(data);
  const free = bavail * bsize;
  if (free >= LEAST_FREE_BYTES) return [];
  const message = `${Math.floor(free / 1024 / 1024)} MiB are free`;
  return [findingOf('disk.low', data, message)];
}
