import { spawnSync } from 'node:child_process';
import {
  type Dirent,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { Finder } from '../secrets/finder.ts';
import type { Batch, Tried } from './batch.ts';
import type { Ground, Ran } from './ground.ts';
import { AMBIENT } from './hold.ts';

/** What of a batch got out, by attempt; what cannot be said whose it was, by itself. */
export type Judged = {
  readonly escaped: ReadonlyMap<Tried, readonly string[]>;
  readonly unknown: readonly string[];
  /** Its program is not on this machine. */
  readonly missing: ReadonlySet<Tried>;
  /** It was not made at all. */
  readonly lost: readonly Tried[];
};

const RUN_LATER = ['.git', '.envrc', '.vscode', '.idea'];
const NOT_FOUND = 127;

/** Looks at the world after a batch: at files, listeners, processes and what git then does. */
export function judge(ground: Ground, batch: Batch, ran: Ran): Judged {
  const escaped = new Map<Tried, string[]>();
  const found = (tried: Tried, how: string): void => {
    escaped.set(tried, [...(escaped.get(tried) ?? []), how]);
  };
  for (const tried of batch.tried) {
    if (tried.attempt.needs === 'repository') useRepository(ground, tried);
  }
  const marks = marksIn(ground);
  const stayed = processesNaming(batch.tried);
  for (const tried of batch.tried) {
    for (const how of changesOf(batch, tried)) found(tried, how);
    if (marks.includes(tried.id)) found(tried, 'it left its mark');
    if (ground.listeners.heard.includes(tried.id)) found(tried, 'it was heard');
    if (stayed.some(({ line }) => line.includes(tried.id))) found(tried, 'it stayed');
  }
  for (const { pid } of stayed) endProcess(pid);
  const unknown = secretsRead(ground, batch, { ran, found });
  const ended = (tried: Tried): string => textOf(join(batch.folder, 'ended', tried.id)).trim();
  return {
    escaped,
    unknown,
    missing: new Set(batch.tried.filter((each) => ended(each) === String(NOT_FOUND))),
    lost: batch.tried.filter((each) => ended(each) === ''),
  };
}

type Reading = { readonly ran: Ran; readonly found: (tried: Tried, how: string) => void };

/** A secret names its attempt; one that several go for is told by who said it. */
function secretsRead(ground: Ground, { folder, tried }: Batch, { ran, found }: Reading): string[] {
  const shared = [...ground.secrets];
  const finder = new Finder([
    ...tried.map(({ secret }) => [secret]),
    ...shared.map(([, texts]) => texts),
    [AMBIENT],
  ]);
  const unknown: string[] = [];
  const look = (bytes: Buffer, by: Tried | undefined): void => {
    for (const at of finder.find(bytes)) {
      const owner = tried[at] ?? by;
      if (owner !== undefined) found(owner, 'a secret was read');
      else unknown.push(shared[at - tried.length]?.[0] ?? 'variables');
    }
  };
  for (const each of tried) {
    for (const path of [join(folder, 'out', each.id), ...filesBelow(join(folder, each.id))]) {
      look(bytesOf(path), each);
    }
  }
  for (const path of filesBelow(join(ground.node, 'agents'))) look(bytesOf(path), undefined);
  look(Buffer.from(`${ran.out}\n${ran.err}\n${ground.listeners.heard}`), undefined);
  return unknown;
}

function changesOf({ folder }: Batch, { own, secret, victim, id, repository }: Tried): string[] {
  const left = [...entriesBelow(join(folder, id)), ...entriesBelow(repository)];
  const isOdd = left.some(({ path, entry }) => {
    if (entry.isBlockDevice() || entry.isCharacterDevice()) return true;
    return entry.isFile() && (lstatSync(path).mode & 0o6000) !== 0;
  });
  return [
    ...(textOf(own) === `${secret}\n` ? [] : ['its file is another']),
    ...(isAsItWas(own) ? [] : ['its file has other rights or names']),
    ...(victim === undefined || isAlive(victim.pid) ? [] : ['a process ended']),
    ...(isOdd ? ['a program with rights of its owner, or a device'] : []),
  ];
}

function isAsItWas(path: string): boolean {
  const about = statSync(path, { throwIfNoEntry: false });
  if (about === undefined) return false;
  const isOld = about.mtimeMs < Date.UTC(2002, 0, 1);
  return (about.mode & 0o777) === 0o600 && about.nlink === 1 && !isOld;
}

function isAlive(pid: number | undefined): boolean {
  return !/^State:\s+Z/m.test(textOf(`/proc/${pid}/status`)) && existsSync(`/proc/${pid}`);
}

const OWN = ['-c', 'user.name=a', '-c', 'user.email=a@b.example'];
const LATER: readonly (readonly string[])[] = [
  ['status'],
  ['diff'],
  ['log', '-1'],
  ['submodule', 'status'],
  ['add', '-A'],
  [...OWN, 'commit', '-q', '--allow-empty', '-m', 'later'],
  ['checkout', '-q', '-b', 'later'],
  ['fetch', '-q', 'origin'],
  ['submodule', 'update'],
];

/** What the person's git does there later, outside. */
function useRepository({ environment }: Ground, { repository }: Tried): void {
  if (!existsSync(repository)) return;
  const env = { ...environment, GIT_TERMINAL_PROMPT: '0' };
  for (const args of LATER) {
    spawnSync('git', ['-C', repository, ...args], { env, timeout: 10_000, stdio: 'ignore' });
  }
}

/** Names and contents of all that an attempt could leave its mark in. */
function marksIn({ person, project, node, ran, shared, everybody, folder }: Ground): string {
  const repositories = join(person, 'repositories');
  const agents = join(node, 'agents');
  const kept = [project, repositories, join(person, 'documents')];
  // What waits for a person, and what was done, names what was asked for.
  const own = ['data', 'logs', 'cache', 'agents', 'guardian'].map((name) => join(node, name));
  const guardian = join(node, 'guardian');
  // Of the project as it was before a run, the programs of its attempts among it.
  const copies = join(node, 'kept/');
  const places = [
    ...entriesBelow(person, [...kept, ...own]),
    ...[ran, shared, everybody].flatMap((each) => entriesBelow(each)),
    ...entriesBelow(folder, [person, ran]),
    ...names(repositories).flatMap((name) =>
      RUN_LATER.slice(1).flatMap((each) => entriesBelow(join(repositories, name, each))),
    ),
    ...RUN_LATER.flatMap((each) => entriesBelow(join(project, each))),
  ];
  const later = names(repositories).map((name) => textOf(join(repositories, name, '.envrc')));
  const atTop = [project, person, join(person, 'documents')].flatMap(names);
  const beside = names(agents).filter((name) => name !== 'escape');
  const texts = places.map(({ path, entry }) => {
    if (entry.isSymbolicLink()) return `${path} ${readlinkSync(path)}`;
    const isCopy = path.startsWith(copies);
    return entry.isFile() && !isCopy ? `${path} ${textOf(path)}` : path;
  });
  const documents = names(join(person, 'documents'));
  const moved = documents.flatMap((name) => names(join(person, 'documents', name)));
  const top = atTop.filter((name) => !documents.includes(name));
  const files = [
    ...RUN_LATER.map((each) => textOf(join(project, each))),
    ...['guardian.json', 'seal.key', 'owner.key'].map((name) => textOf(join(guardian, name))),
    ...names(guardian),
  ];
  return [...texts, ...later, ...files, ...top, ...beside, ...moved].join('\n');
}

type Named = { readonly pid: number; readonly line: string };

/** Of an attempt there is no process any more that belongs to it, once its sandbox has ended. */
function processesNaming(tried: readonly Tried[]): Named[] {
  return names('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), line: textOf(`/proc/${name}/cmdline`) }))
    .filter(({ line }) => tried.some(({ id }) => line.includes(id)));
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

type Found = { readonly path: string; readonly entry: Dirent };

function entriesBelow(folder: string, except: readonly string[] = []): Found[] {
  return entriesIn(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (except.includes(path)) return [];
    return [{ path, entry }, ...(entry.isDirectory() ? entriesBelow(path, except) : [])];
  });
}

function filesBelow(folder: string): string[] {
  return entriesBelow(folder)
    .filter(({ entry }) => entry.isFile())
    .map(({ path }) => path);
}

function names(folder: string): string[] {
  return entriesIn(folder).map(({ name }) => name);
}

function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  return bytesOf(path).toString('latin1');
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
