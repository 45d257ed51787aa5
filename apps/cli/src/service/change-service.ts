import { lstatSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '@ioi/protocol';
import { quoted } from '../core/next-steps.ts';
import {
  forgetCommands,
  type ServiceTarget,
  startCommands,
  stopCommands,
} from '../core/service/service-kind.ts';
import { CommandFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { lastLines, logPath } from '../up/log-files.ts';
import { whenReady } from '../up/ready.ts';
import { managerState, programWords, runWords } from './service-facts.ts';
import {
  digestText,
  lookAtFile,
  readServiceRecord,
  removeServiceRecord,
  type ServiceRecord,
  setFileAside,
  writeServiceFile,
  writeServiceRecord,
} from './service-file.ts';

/** Writes the file of a service, the record of it first; what it replaces is set aside. */
export function placeService(
  home: Home,
  target: ServiceTarget,
  text: string,
  givenBy?: ServiceRecord['givenBy'],
): string | undefined {
  const { kind, name, path } = target;
  const known = readServiceRecord(home);
  const { state, text: there } = lookAtFile(path, known?.written);
  const isSame = there === text;
  const kept = isSame || state === 'missing' || state === 'as_written' ? undefined : path;
  const aside = kept === undefined ? undefined : setFileAside(kept, new Date());
  // What is put back at the end is what was there before the first of ours.
  const before = known?.before ?? (state === 'foreign' ? aside : undefined);
  const written = digestText(text);
  const program = programWords();
  const more = { ...(before && { before }), ...(givenBy && { givenBy }) };
  writeServiceRecord(home, { kind, name, path, written, program, ...more });
  if (!isSame) writeServiceFile(path, text);
  return aside;
}

/** Has the manager start it; resolves once the node answers. */
export async function startService(home: Home, target: ServiceTarget): Promise<NodeStatus> {
  for (const words of startCommands(target)) await runOrFail(words);
  let isOver = false;
  const watch = watchManager(target, () => isOver).then((why) => {
    isOver = true;
    return why;
  });
  const status = await whenReady(home, () => isOver);
  isOver = true;
  if (status !== undefined) return status;
  throw new CommandFault({
    exit: 'unexpected',
    code: 'service.not_started',
    message: `${target.name} was installed, and ${await watch} (${logPath(home, 'daemon')}):`,
    lines: lastLines(home, 'daemon', TAIL_LINES),
    next: 'ioi service status, or: ioi service remove',
  });
}

const TAIL_LINES = 8;
const LOOK_MS = 500;
const PATIENCE_MS = 120_000;

/** Resolves when the manager has given up, or goes by another file, with what is wrong. */
async function watchManager(target: ServiceTarget, isOver: () => boolean): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isOver()) {
    if (performance.now() > deadline) return `the node did not answer in ${PATIENCE_MS / 1000} s`;
    const state = await managerState(target);
    if (state === undefined) return 'the service manager does not answer any more';
    if (state.file !== undefined && state.file !== target.path) {
      return `the service manager goes by ${state.file} instead`;
    }
    if (state.failed) return 'it failed';
    if (state.file === undefined && target.kind.by === 'systemd') {
      return `the service manager does not look into ${dirname(target.path)}`;
    }
    await sleep(LOOK_MS);
  }
  return '';
}

async function runOrFail(words: readonly string[]): Promise<void> {
  const { code, said } = await runWords(words);
  if (code === 0) return;
  throw new CommandFault({
    exit: 'unexpected',
    code: 'service.manager_failed',
    message: `${commandLine(words)}: ${said === '' ? `it ended with ${code}` : said}`,
    next: 'ioi service status, or: ioi service remove',
  });
}

export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

export type Removed = {
  /** What was done, one line each. */
  readonly did: readonly string[];
  /** What is left to do by hand. */
  readonly left: readonly string[];
};

/** Takes away what an install did, and only that; done again after a kill, it goes on. */
export async function removeService(
  home: Home,
  target: ServiceTarget,
  record: ServiceRecord,
): Promise<Removed> {
  const did: string[] = [];
  const left: string[] = [];
  const { path, name } = target;
  const manager = await managerState(target);
  const isKnown = manager?.file === path || manager?.active === true || manager?.enabled === true;
  if (isKnown) {
    const hasFile = ['as_written', 'edited'].includes(lookAtFile(path, record.written).state);
    for (const words of stopCommands(target, hasFile)) await runOrFail(words);
    did.push(`${name} is stopped, and not started by itself any more`);
  }
  if (dropWantedLink(target)) did.push('the link that starts it is gone');
  const { state } = lookAtFile(path, record.written);
  if (state === 'as_written') {
    rmSync(path, { force: true });
    did.push(`${path} is gone`);
  } else if (state === 'edited') {
    did.push(`${path} was edited: it is kept as ${setFileAside(path, new Date())}`);
  } else if (state !== 'missing') {
    left.push(`${path} is a link or a folder, and stays`);
  }
  if (record.before !== undefined && lookAtFile(path, undefined).state === 'missing') {
    if (lookAtFile(record.before, undefined).state === 'foreign') {
      renameSync(record.before, path);
      did.push(`${path} is the one again that was there before`);
    }
  }
  if (manager !== undefined) {
    for (const words of forgetCommands(target)) await runOrFail(words);
    left.push(...manager.additions.map((each) => `${each} is yours, and stays`));
  } else {
    left.push(...forgetCommands(target).map((each) => `where systemd runs: ${commandLine(each)}`));
  }
  removeServiceRecord(home);
  return { did, left };
}

/** The link by which systemd starts it: left where no manager was there to take it away. */
function dropWantedLink({ kind, name, path }: ServiceTarget): boolean {
  if (kind.by !== 'systemd') return false;
  const wanted = kind.scope === 'system' ? 'multi-user.target.wants' : 'default.target.wants';
  const link = join(dirname(path), wanted, `${name}.service`);
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  const to = readlinkSync(link);
  if (to !== path && to !== `../${name}.service`) return false;
  rmSync(link, { force: true });
  return true;
}
