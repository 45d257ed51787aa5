import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IOI } from '@ioi/kit';
import { type Attempt, MATERIAL } from './attempt.ts';
import { type Ground, newRepository } from './ground.ts';

/** One attempt in one hold, with what is its own there. */
export type Tried = {
  readonly attempt: Attempt;
  /** Its mark: unguessable, and found wherever it left something. */
  readonly id: string;
  readonly secret: string;
  readonly own: string;
  readonly repository: string;
  /** The process it may go after; its variables hold the secret. */
  readonly victim: ChildProcess | undefined;
};

/** Attempts that are made together. Everything of theirs lies in one folder of the project. */
export type Batch = {
  readonly folder: string;
  readonly tried: readonly Tried[];
  /** The program that makes them. */
  readonly command: string;
};

const AT_ONCE = 6;
const SECONDS = 12;

/** Writes the programs of a batch, and plants what is each attempt's own. */
export function prepare(ground: Ground, attempts: readonly Attempt[], isHeld: boolean): Batch {
  const folder = join(ground.project, `work-${randomBytes(4).toString('hex')}`);
  for (const name of ['scripts', 'out', 'ended', 'go']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  cpSync(join(MATERIAL, 'programs'), join(folder, 'programs'), { recursive: true });
  const tried = attempts.map((attempt) => plant(ground, attempt));
  for (const each of tried) {
    mkdirSync(join(folder, each.id));
    const variables = Object.entries(variablesOf(ground, folder, each, isHeld));
    const lines = variables.map(([name, value]) => `export ${name}='${value}'`);
    const script = `${lines.join('\n')}\ncd '${placeOf(each, folder)}'\n${each.attempt.script}\n`;
    writeFileSync(join(folder, 'scripts', each.id), script);
  }
  writeFileSync(join(folder, 'ids'), tried.map(({ id }) => `${id}\n`).join(''));
  writeFileSync(join(folder, 'one'), ONE);
  const isInTurn = isHeld && attempts.some(({ way }) => way !== 'walls');
  const most = isInTurn ? 1 : AT_ONCE;
  const one = isInTurn ? 'sh ./one -w' : 'sh ./one';
  return { folder, tried, command: `cd '${folder}' && xargs -P ${most} -n 1 ${one} < ids` };
}

/** Makes one, for so long at most; with `-w` goes on when somebody outside has looked. */
const ONE = `
[ "$1" = -w ] && { wait=1; shift; }
timeout -k 1 ${SECONDS} sh ./scripts/$1 > ./out/$1 2>&1 < /dev/null
echo $? > ./ended/$1
[ -n "$wait" ] && until [ -e ./go/$1 ]; do sleep 0.02; done
true
`;

function plant(ground: Ground, attempt: Attempt): Tried {
  const id = `esc${randomBytes(8).toString('hex')}`;
  const secret = randomBytes(24).toString('hex');
  const own = join(ground.person, 'documents', id, 'letter.txt');
  mkdirSync(dirname(own));
  writeFileSync(own, `${secret}\n`, { mode: 0o600 });
  const repository = join(ground.person, 'repositories', id);
  if (attempt.needs === 'repository') {
    mkdirSync(repository, { recursive: true });
    writeFileSync(join(repository, 'file'), 'a file\n');
    newRepository(repository);
  }
  const victim =
    attempt.needs === 'process'
      ? spawn('sleep', ['900'], { env: { SECRET: secret }, stdio: 'ignore' })
      : undefined;
  return { attempt, id, secret, own, repository, victim };
}

function placeOf({ attempt, id, repository }: Tried, folder: string): string {
  return attempt.needs === 'repository' ? repository : join(folder, id);
}

function variablesOf(
  ground: Ground,
  folder: string,
  { attempt, id, own, repository, victim }: Tried,
  isHeld: boolean,
): Record<string, string> {
  const { listeners, person, project, node, ran } = ground;
  return {
    ID: id,
    OWN: own,
    T: attempt.target === 'own' ? own : ground.pathOf(attempt.target),
    PERSON: person,
    PROJECT: project,
    NODE: node,
    SHM: ground.shared,
    VAR: ground.everybody,
    RAN: ran,
    REPO: repository,
    P: `touch ${ran}/${id}`,
    PID: String(victim?.pid ?? 0),
    BACK: join(folder, id),
    TOOLS: join(folder, 'programs'),
    NODEJS: process.execPath,
    IOI: `${process.execPath} ${IOI}`,
    TCP: String(listeners.tcp),
    UDP: String(listeners.udp),
    SOCK: listeners.socket,
    ABSTRACT: listeners.abstract,
    LAN: listeners.lan,
    H: listeners.web,
    W: `https://${listeners.web}`,
    // Without a door nobody made a certificate that is trusted.
    K: isHeld ? '' : '-k',
  };
}

/** What of a batch nobody needs any more. */
export function clear(batch: Batch): void {
  for (const { victim } of batch.tried) victim?.kill('SIGKILL');
  if (existsSync(batch.folder)) rmSync(batch.folder, { recursive: true, force: true });
}
