import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENTS } from '../core/connect/agents.ts';
import { quoted } from '../core/next-steps.ts';
import { namesInHome, UNINSTALLING } from '../core/uninstall.ts';
import { visible } from '../core/visible.ts';
import { removeService } from '../service/change-service.ts';
import { serviceTarget } from '../service/service-facts.ts';
import { lockService, readServiceRecord } from '../service/service-file.ts';
import { Connections } from '../shell/agent-config.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { type Home, isInitialised } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';
import { keepNames } from '../shell/keep-names.ts';
import { runningPid, takeLock } from '../shell/lock.ts';
import { askWord } from '../shell/prompt.ts';
import { putBack } from '../shell/put-back.ts';
import { saveExport } from '../shell/save-export.ts';
import { clearKeyring } from '../shell/system-keyring.ts';
import { vaultOf } from '../shell/vault-of.ts';
import { stopSupervisor } from '../up/stop.ts';
import { versionsAround } from '../upgrade/versions.ts';

const STOP_MS = 40_000;
const WORD = 'delete';
const NODE = 'ioi-node/1';
const MARK = 'ioi-uninstalling/1';

/** What was done, and what a person still has to do; each said as soon as it is known. */
class Doing {
  readonly did: { readonly what: string; readonly about: string }[] = [];
  readonly left: string[] = [];

  done(what: string, about: string): void {
    this.did.push({ what, about });
  }
}

/** `ioi uninstall [--export FILE] [--keep-data | --delete-data] [--yes] [--dry-run]` */
export const uninstall: Command = async (context, _args, options) => {
  const { home, output } = context;
  const isDeleting = flagOption(options, 'deleteData');
  if (isDeleting && flagOption(options, 'keepData')) {
    throw usageFault('it is one of --keep-data and --delete-data');
  }
  if (!isThere(home)) {
    output.say([`there is nothing in ${visible(home.folder)}`], { did: [], left: [] });
    return undefined;
  }
  refuseDedicated(home.folder, 'sudo ioi service remove, which gives the files back');
  if (flagOption(options, 'dryRun')) return tellPlan(context, isDeleting);
  await checkAsked(context, options, isDeleting);
  const doing = new Doing();
  const lock = lockService(home);
  if (lock === undefined)
    throw usageFault('a change of the service is under way', 'the same again');
  try {
    await exportFirst(context, textOption(options, 'export'), doing);
    putAgentsBack(context, doing);
    await removeServiceOf(context, doing);
    if (isDeleting) await forgetKeyring(context, doing);
    await stopNode(context, doing);
  } finally {
    lock.release();
  }
  if (isDeleting && doing.left.length === 0) deleteData(context, doing);
  else doing.done('kept', home.folder);
  if (!isDeleting) doing.done('to go on', 'ioi up --detach');
  const isOver = doing.left.length === 0;
  const lines = [
    ...doing.did.map(({ what, about }) => `${what.padEnd(12)}${about}`),
    ...doing.left.map((each) => `left        ${each}`),
    `next: ${isOver ? programAway() : 'ioi uninstall, once that is mended'}`,
  ];
  output.say(lines.map(visible), { home: home.folder, did: doing.did, left: doing.left });
  return isOver ? undefined : 'unexpected';
};

/** Whether a node, or what is left of one, is in the folder; what is somebody else's is refused. */
function isThere(home: Home): boolean {
  const { folder, nodeConfig } = home;
  if (!existsSync(folder)) return false;
  if (isInitialised(home)) return true;
  const ofNode = isMarked(nodeConfig, NODE) || isMarked(join(folder, UNINSTALLING), MARK);
  if (ofNode || namesInHome(readdirSync(folder)).own.length === 0) return ofNode;
  throw new CommandFault({
    exit: 'usage',
    code: 'uninstall.no_node',
    message: `nothing was done: ${folder} is not the home of a node`,
    lines: ['neither guardian/guardian.json nor the node.json of a node is there'],
    next: 'IOI_HOME=the-home-of-your-node ioi uninstall',
  });
}

function isMarked(path: string, format: string): boolean {
  try {
    return (
      (JSON.parse(readFileSync(path, 'utf8')) as { format?: unknown } | null)?.format === format
    );
  } catch {
    // It is not there, or says something else: either way it is no mark of ours.
    return false;
  }
}

/** A program does not take itself away while it runs. */
function programAway(): string {
  const versions = versionsAround(entries.main);
  if (versions === undefined) return 'npm uninstall -g @ioi/hypervisor';
  return `rm -r ${quoted(versions.base)}`;
}

function tellPlan({ home, output }: Context, isDeleting: boolean): undefined {
  const connections = new Connections(home.folder);
  const agents = AGENTS.filter(({ id }) => connections.has(id));
  const { own, others } = namesInHome(readdirSync(home.folder));
  const service = readServiceRecord(home)?.path;
  const pid = runningPid(home);
  const plan = {
    agents: agents.map(({ id }) => id),
    service,
    pid,
    home: home.folder,
    deletes: isDeleting ? own : [],
    stays: isDeleting ? others : [...own, ...others],
  };
  const lines = [
    ...agents.map(({ title }) => `put back    the settings of ${title}`),
    ...(service === undefined ? [] : [`remove      ${service}`]),
    ...(pid === undefined ? [] : [`stop        the node, process ${pid}`]),
    ...plan.deletes.map((name) => `delete      ${join(home.folder, name)}`),
    ...plan.stays.map((name) => `keep        ${join(home.folder, name)}`),
  ];
  output.say(lines.map(visible), plan);
  return undefined;
}

/** Before anything is done: what could only fail half-way. */
async function checkAsked(
  { home, output }: Context,
  options: Options,
  isDeleting: boolean,
): Promise<void> {
  const file = textOption(options, 'export');
  if (file !== undefined && existsSync(file)) {
    throw usageFault(`${file} is there already`, 'another file, or without --export');
  }
  if (file !== undefined && runningPid(home) === undefined) {
    const message = 'the node does not run, and only one that runs writes an export';
    const next = 'ioi up --detach, or without --export';
    throw new CommandFault({ exit: 'unreachable', code: 'node.unreachable', message, next });
  }
  if (!isDeleting || flagOption(options, 'yes')) return;
  const message = `this deletes the keys, the log and all else of ${home.folder}, for good`;
  const next = 'the same command with --yes';
  const refused = new CommandFault({
    exit: 'authority',
    code: 'uninstall.not_said',
    message,
    next,
  });
  if (!output.canAsk) throw refused;
  output.note(visible(message));
  if ((await askWord(`Type ${WORD} to do so:`)) !== WORD) throw refused;
}

async function exportFirst(context: Context, file: string | undefined, doing: Doing) {
  if (file === undefined) return;
  await saveExport(context.daemon, file, false);
  doing.done('exported', `${file}; check it with: ioi verify ${quoted(file)}`);
}

/** Each by itself: one whose settings cannot be read does not keep the others. */
function putAgentsBack(context: Context, doing: Doing): void {
  for (const agent of AGENTS) {
    try {
      for (const { path, what, exact } of putBack(context, agent)) {
        const how = exact ? 'as it was' : `changed since: only its ${what} are as they were`;
        doing.done('put back', `${agent.title}: ${path}, ${how}`);
      }
    } catch (fault) {
      doing.left.push(`the settings of ${agent.title}: ${messageOf(fault)}`);
    }
  }
}

async function removeServiceOf(context: Context, doing: Doing): Promise<void> {
  const { home } = context;
  try {
    const record = readServiceRecord(home);
    if (record === undefined) return;
    const target = serviceTarget(context, record, record.kind.scope);
    const { did, left } = await removeService(home, target, record);
    for (const each of [...did, ...left]) doing.done('service', each);
  } catch (fault) {
    doing.left.push(`the service: ${messageOf(fault)}`);
  }
}

/** What a keyring of this system keeps for the vault is of no use without it. */
async function forgetKeyring(context: Context, doing: Doing): Promise<void> {
  if (!isInitialised(context.home) || runningPid(context.home) === undefined) return;
  try {
    const { vault_id: id, unattended } = await vaultOf(context).status();
    if (unattended !== 'keyring') return;
    await clearKeyring(id);
    doing.done('keyring', `the key of ${id} is gone`);
  } catch (fault) {
    doing.left.push(`the key in the keyring: ${messageOf(fault)}`);
  }
}

async function stopNode({ home }: Context, doing: Doing): Promise<void> {
  const stopped = await stopSupervisor(home, STOP_MS);
  if (stopped === undefined) return;
  if (stopped.isGone) doing.done('stopped', `the node, process ${stopped.pid}`);
  else doing.left.push(`process ${stopped.pid} was told to stop, and is still there`);
}

/** Keys first, so that what a kill leaves is no node; nothing is followed, others' files stay. */
function deleteData({ home }: Context, doing: Doing): void {
  const lock = takeLock(home);
  if (lock === undefined) {
    doing.left.push('the node was started again');
    return;
  }
  const { own, others } = namesInHome(readdirSync(home.folder));
  const mark = join(home.folder, UNINSTALLING);
  try {
    writeFileSync(mark, `${JSON.stringify({ format: MARK })}\n`, { mode: 0o600, flush: true });
    keepNames(home.folder);
    for (const name of own.filter((each) => each !== 'run' && each !== UNINSTALLING)) {
      rmSync(join(home.folder, name), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
  rmSync(home.run, { recursive: true, force: true });
  keepNames(home.folder);
  rmSync(mark, { force: true });
  doing.done('deleted', own.map((name) => join(home.folder, name)).join(', '));
  for (const name of others) doing.done('not ours', `${join(home.folder, name)} stays`);
  if (others.length > 0) return;
  try {
    rmdirSync(home.folder);
    doing.done('deleted', home.folder);
  } catch (fault) {
    doing.left.push(`${home.folder}: ${messageOf(fault)}`);
  }
}
