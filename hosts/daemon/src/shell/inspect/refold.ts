import { checkLog, openLogFile } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import type {
  Rejection,
  ReplayReport,
  Throughput,
  VerifiedRoot,
  VerifyRootReport,
} from '@ioi/protocol';
import { chosenFolders, type DomainFolder, modulesOf, nameOf } from './folders.ts';
import { type SignedHead, signedHead } from './signed-head.ts';
import { progressOver, type Speak } from './speak.ts';

export type RefoldOptions = {
  /** One domain; all of them without. */
  readonly domain?: string;
  /** Up to the commit that holds this place in the log. */
  readonly to?: number;
  readonly isLogOnly?: boolean;
};

/** Folds logs again from genesis; every commit must carry the state it leads to. */
export async function replayNode(
  home: string,
  { domain, to }: RefoldOptions,
  speak: Speak,
): Promise<Result<ReplayReport, Rejection>> {
  const chosen = chosenFolders(home, domain);
  if (!chosen.ok) return chosen;
  const domains: ReplayReport['domains'][number][] = [];
  for (const folder of chosen.value) {
    const size = sizeFor(folder, to);
    if (!size.ok) return size;
    const started = performance.now();
    const onProgress = progressOf(folder, { step: 'folding', size: size.value, speak });
    const checked = await checkLog({
      folder: folder.folder,
      size: size.value,
      isHashed: false,
      modules: modulesOf(folder),
      onProgress,
    });
    if (!checked.ok) return inDomain(folder, checked.error);
    const refolded = checked.value.folded?.report(size.value);
    if (refolded === undefined) continue;
    domains.push({ domain_id: nameOf(folder), ...refolded, ...paceOf(started, size.value) });
  }
  return ok({ of: 'replay', domains });
}

/** Every hash of the log against its signed head, and what it folds to against every commit. */
export async function verifyRoots(
  home: string,
  options: RefoldOptions,
  speak: Speak,
): Promise<Result<VerifyRootReport, Rejection>> {
  const chosen = chosenFolders(home, options.domain);
  if (!chosen.ok) return chosen;
  const domains: VerifiedRoot[] = [];
  for (const folder of chosen.value) {
    const verified = await verifyRoot(folder, options.isLogOnly === true, speak);
    if (!verified.ok) return inDomain(folder, verified.error);
    domains.push(verified.value);
  }
  return ok({ of: 'verify-root', domains });
}

async function verifyRoot(
  folder: DomainFolder,
  isLogOnly: boolean,
  speak: Speak,
): Promise<Result<VerifiedRoot, Rejection>> {
  const started = performance.now();
  const head = headOn(folder);
  if (!head.ok) return head;
  const { size, root, signatures, unsealed } = head.value;
  const about = { domain_id: nameOf(folder), entries: size, log_root: root, unsealed, signatures };
  const faulty = (fault: Rejection): Result<VerifiedRoot, Rejection> => {
    const { code, message } = fault;
    return ok({ ...about, ...paceOf(started, size), fault: { code, message } });
  };
  if (unsealed < 0) {
    const message = `${size} entries were sealed, the log has ${size + unsealed}`;
    return faulty({ code: 'log.behind_seal', message });
  }
  const step = isLogOnly ? 'hashing' : 'hashing and folding';
  const checked = await checkLog({
    folder: folder.folder,
    size,
    isHashed: true,
    modules: isLogOnly ? undefined : modulesOf(folder),
    onProgress: progressOf(folder, { step, size, speak }),
  });
  if (!checked.ok) return faulty(checked.error);
  if (checked.value.root !== root) {
    const message = `the entries have root ${checked.value.root}, signed is ${root}`;
    return faulty({ code: 'log.differs_from_seal', message });
  }
  const refolded = checked.value.folded?.report(size);
  return ok({ ...about, ...paceOf(started, size), ...(refolded ? { refolded } : {}) });
}

function headOn(folder: DomainFolder): Result<SignedHead & { unsealed: number }, Rejection> {
  return withLog(folder, (log) => {
    const head = signedHead(folder, log);
    return head.ok ? ok({ ...head.value, unsealed: log.size() - head.value.size }) : head;
  });
}

/** Where to stop: with a commit, and within what was sealed. */
function sizeFor(folder: DomainFolder, to: number | undefined): Result<number, Rejection> {
  return withLog(folder, (log) => {
    const head = signedHead(folder, log);
    const sealed = head.ok ? Math.min(head.value.size, log.size()) : log.size();
    if (to === undefined) return ok(sealed);
    const size = log.commitAfter(to);
    if (size !== undefined && size <= sealed) return ok(size);
    const message = `entry ${to} is not sealed: the last is ${sealed - 1}`;
    return err({ code: 'log.not_that_long', message });
  });
}

function withLog<T>(
  { folder }: DomainFolder,
  work: (log: ReturnType<typeof openLogFile>) => Result<T, Rejection>,
): Result<T, Rejection> {
  try {
    const log = openLogFile(folder);
    try {
      return work(log);
    } finally {
      log.close();
    }
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault);
    return err({ code: 'log.damaged', message: `${folder}: ${message}` });
  }
}

function progressOf(
  folder: DomainFolder,
  { step, size, speak }: { readonly step: string; readonly size: number; readonly speak: Speak },
): (done: number) => void {
  const report = progressOver(speak);
  return (done) => report({ step: `${step} ${nameOf(folder)}`, done, of: size });
}

function paceOf(started: number, entries: number): Throughput {
  const elapsed = performance.now() - started;
  return {
    elapsed_ms: Math.round(elapsed),
    operations_per_second: Math.round((entries / elapsed) * 1000),
  };
}

function inDomain(folder: DomainFolder, { code, message }: Rejection): Result<never, Rejection> {
  return err({ code, message: `${nameOf(folder)}: ${message}` });
}
