import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { homedir, platform, userInfo } from 'node:os';
import { delimiter, isAbsolute } from 'node:path';
import {
  presenceCommand,
  type ServiceKind,
  type ServiceTarget,
  servicePath,
  standingCommand,
} from '../core/service/service-kind.ts';
import {
  type ManagerState,
  readLaunchdPrint,
  readSystemdShow,
  type ServiceFacts,
} from '../core/service/standing.ts';
import { serviceText } from '../core/service/unit-text.ts';
import type { Context } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';
import { findHome, HOME_VARIABLE, MACHINE } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';
import { runningPid } from '../shell/lock.ts';
import { type Ended, runQuiet } from '../shell/run-quiet.ts';
import { logPath } from '../up/log-files.ts';
import { lasting } from '../upgrade/versions.ts';
import { lookAtFile, type ServiceRecord } from './service-file.ts';

const NAME_LENGTH = 8;
const CALL_MS = 2_000;

/** The service of this node: the one that was installed, or the one that would be. */
export function serviceTarget(
  context: Context,
  record: ServiceRecord | undefined,
  scope: ServiceKind['scope'],
): ServiceTarget {
  const uid = process.getuid?.() ?? 0;
  if (record !== undefined) return { ...record, uid };
  const { environment } = context;
  const kind = { by: platform() === 'darwin' ? 'launchd' : 'systemd', scope } as const;
  const config = environment['XDG_CONFIG_HOME'];
  const places = {
    home: environment['HOME'] ?? homedir(),
    config: config !== undefined && isAbsolute(config) ? config : undefined,
  };
  const name = serviceName(context, kind);
  return { kind, name, path: servicePath(kind, name, places), uid };
}

/** Two nodes of an account, and nodes of two accounts, have services of two names. */
function serviceName({ home, environment }: Context, { by, scope }: ServiceKind): string {
  if (home.folder === MACHINE) return 'ioi-node';
  const usual = findHome({ ...environment, [HOME_VARIABLE]: undefined });
  const plain = by === 'launchd' ? 'ioi.node' : 'ioi';
  if (scope === 'user' && usual.folder === home.folder) return plain;
  const digest = createHash('sha256').update(home.folder).digest('hex');
  return `${plain}-${digest.slice(0, NAME_LENGTH)}`;
}

/** What the file of the service is to say. */
export function textFor(
  { home, environment }: Context,
  { kind, name }: ServiceTarget,
  isDedicated: boolean,
): string {
  const owner = statSync(home.folder).uid;
  const isOwned = kind.scope === 'system' && !isDedicated;
  const account = isOwned ? accountName(kind, owner) : undefined;
  const said = serviceText({
    kind,
    name,
    command: programWords(),
    environment: serviceEnvironment(home.folder, environment),
    account,
    isDedicated,
    log: logPath(home, 'up'),
  });
  if (said.ok) return said.value;
  const { code, why: message } = said.error;
  throw new CommandFault({ exit: 'usage', code, message, next: 'ioi up --detach' });
}

export function programWords(): readonly string[] {
  return [lasting(process.execPath), lasting(entries.main), 'up'];
}

type Environment = Context['environment'];

/** Servers are found as they are from here; nothing else of this shell goes along. */
function serviceEnvironment(home: string, environment: Environment): Record<string, string> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const libraries = environment['LD_LIBRARY_PATH'];
  return {
    [HOME_VARIABLE]: home,
    ...(folders.length === 0 ? {} : { PATH: folders.join(delimiter) }),
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
  };
}

function accountName({ by }: ServiceKind, owner: number): string {
  if (by === 'systemd') return String(owner);
  const { uid, username } = userInfo();
  return uid === owner ? username : String(owner);
}

/** Everything that is known of the service of this node, looked up now. */
export async function serviceFacts(
  context: Context,
  target: ServiceTarget,
  record: ServiceRecord | undefined,
): Promise<ServiceFacts> {
  const { home } = context;
  return {
    path: target.path,
    isRecorded: record !== undefined,
    file: lookAtFile(target.path, record?.written).state,
    hasProgram: record?.program.filter(isAbsolute).every((each) => existsSync(each)),
    manager: await managerState(target),
    nodePid: runningPid(home),
    answers: await answers(context),
  };
}

async function answers({ daemon }: Context): Promise<boolean> {
  try {
    await daemon.status(CALL_MS);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where no manager listens. */
export async function managerState(target: ServiceTarget): Promise<ManagerState | undefined> {
  if ((await runWords(presenceCommand(target))).code !== 0) return undefined;
  const { code, out } = await runWords(standingCommand(target));
  if (target.kind.by === 'systemd') return code === 0 ? readSystemdShow(out) : undefined;
  if (code === 0) return readLaunchdPrint(out);
  return { enabled: false, active: false, failed: false, additions: [] };
}

export function runWords([program = '', ...args]: readonly string[]): Promise<Ended> {
  return runQuiet(program, args, '');
}
