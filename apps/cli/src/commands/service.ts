import { changedLines } from '../core/connect/difference.ts';
import {
  restartCommands,
  type ServiceTarget,
  startCommands,
} from '../core/service/service-kind.ts';
import { serviceStanding } from '../core/service/standing.ts';
import { readyLine } from '../core/status-view.ts';
import { visible } from '../core/visible.ts';
import {
  commandLine,
  placeService,
  removeService,
  startService,
} from '../service/change-service.ts';
import { accountLines, dedicate, undedicate } from '../service/dedicate.ts';
import { checkPlaces } from '../service/hand-over.ts';
import { lingerNote } from '../service/linger.ts';
import { managerState, serviceFacts, serviceTarget, textFor } from '../service/service-facts.ts';
import {
  lockService,
  lookAtFile,
  readServiceRecord,
  type ServiceRecord,
} from '../service/service-file.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  type Options,
} from '../shell/context.ts';
import { readDedicated, refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { runningPid } from '../shell/lock.ts';
import { askYes } from '../shell/prompt.ts';

const INSTALL = 'ioi service install';

/** `ioi service install [--system | --dedicated-user] [--dry-run] [--replace] [--no-start]` */
export const serviceInstall: Command = async (context, _args, options) => {
  needNode(context.home);
  return locked(context, async () => {
    const record = readServiceRecord(context.home);
    const isDedicated = flagOption(options, 'dedicatedUser');
    const scope = isDedicated || flagOption(options, 'system') ? 'system' : 'user';
    if (!isDedicated) refuseDedicated(context.home.folder, `${INSTALL} --dedicated-user`);
    if (record !== undefined && record.kind.scope !== scope) throw elsewhere(record);
    const target = serviceTarget(context, record, scope);
    if (isDedicated && target.kind.by !== 'systemd') throw noSystemd();
    const text = textFor(context, target, isDedicated);
    showChange(context, target, text);
    const commands = startCommands(target).map(commandLine);
    const said = { path: target.path, text, commands };
    if (flagOption(options, 'dryRun')) {
      context.output.say(
        commands.map((each) => `then: ${visible(each)}`),
        said,
      );
      return undefined;
    }
    if (isDedicated) checkPlaces(context.home);
    await checkBefore(context, target, { record, options });
    if (context.output.canAsk && !(await askYes(`Write ${visible(target.path)}?`))) {
      const message = 'cancelled; nothing was changed';
      throw new CommandFault({ exit: 'authority', code: 'prompt.cancelled', message });
    }
    return install(context, { target, text }, options);
  });
};

type Written = { readonly target: ServiceTarget; readonly text: string };

async function install(
  { home, output, environment }: Context,
  { target, text }: Written,
  options: Options,
): Promise<undefined> {
  const { path, name } = target;
  const isSame = lookAtFile(path, undefined).text === text;
  const isDedicated = flagOption(options, 'dedicatedUser');
  const given = isDedicated
    ? await dedicate({ home, service: name, environment }, options)
    : undefined;
  const aside = placeService(home, target, text, given?.givenBy);
  const lines = [...(given?.lines ?? []), `wrote ${visible(path)}`];
  if (aside !== undefined) lines.push(`  what was there is kept as ${visible(aside)}`);
  const said = { name, path, ...(aside === undefined ? {} : { kept: aside }) };
  if (options['start'] === false) {
    const commands = startCommands(target).map(commandLine);
    output.say([...lines, ...commands.map((each) => `next: ${visible(each)}`)], {
      ...said,
      started: false,
      commands,
    });
    return undefined;
  }
  const wasUp = runningPid(home) !== undefined;
  const status = await startService(home, target);
  output.say([...lines, readyLine(status, Date.now())], { ...said, started: true });
  if (wasUp && !isSame) {
    output.note('it still runs as it was started; to have it run by the new file:');
    for (const words of restartCommands(target)) output.note(`  ${visible(commandLine(words))}`);
  }
  const note = await lingerNote(target);
  if (note !== undefined) output.note(note);
  return undefined;
}

/** What is written, or what of it would change, before anything does. */
function showChange({ output }: Context, { path }: ServiceTarget, text: string): void {
  const { state, text: there } = lookAtFile(path, undefined);
  if (there === text) return;
  output.note(visible(path));
  const lines = state === 'missing' ? text.trimEnd().split('\n') : changedLines(there, text);
  for (const line of lines) output.note(`  ${visible(line)}`);
}

type Before = { readonly record: ServiceRecord | undefined; readonly options: Options };

/** Whatever would leave the half of a service is refused before the first byte. */
async function checkBefore(
  { home }: Context,
  target: ServiceTarget,
  { record, options }: Before,
): Promise<void> {
  const { path } = target;
  const { state } = lookAtFile(path, record?.written);
  if (state === 'no_file') {
    const message = `${path} is a link or a folder, and is left alone`;
    throw fault('service.not_a_file', message, 'move it away (systemctl unmask, if it is masked)');
  }
  if ((state === 'foreign' || state === 'edited') && !flagOption(options, 'replace')) {
    const why =
      state === 'edited' ? 'was edited since it was written' : 'was not written from here';
    throw fault('service.edited', `${path} ${why}`, 'ioi service install --replace, keeps a copy');
  }
  if (options['start'] === false) return;
  const manager = await managerState(target);
  if (manager === undefined) throw noManager(target);
  const pid = runningPid(home);
  if (pid === undefined || pid === manager.pid) return;
  const message = `this node is up already: process ${pid} runs it, and no service`;
  throw fault('node.already_up', message, 'ioi down, then ioi service install');
}

function noManager({ kind }: ServiceTarget): CommandFault {
  const whose = kind.scope === 'user' ? 'a service manager of your own' : 'the service manager';
  const message = `nothing was written: ${whose} does not answer here`;
  const lines = [
    'in a container: have it run `ioi up`, and let what runs containers restart it',
    'after su or sudo: log in as that user, or export XDG_RUNTIME_DIR=/run/user/$(id -u)',
    'without systemd: ioi up --detach, from what starts your session',
    'to have the file alone, for later: ioi service install --no-start',
  ];
  return new CommandFault({ exit: 'unexpected', code: 'service.no_manager', message, lines });
}

function noSystemd(): CommandFault {
  const message = 'accounts of its own are made where systemd starts the node';
  return fault('service.no_dedicated', message, `${INSTALL} --system`);
}

function elsewhere({ path, kind }: ServiceRecord): CommandFault {
  const message = `it is installed already, as a ${kind.scope} service: ${path}`;
  return fault('service.elsewhere', message, 'ioi service remove');
}

function fault(code: string, message: string, next: string): CommandFault {
  return new CommandFault({ exit: 'usage', code, message, next });
}

/** `ioi service status` */
export const serviceStatus: Command = async (context) => {
  const { home, output } = context;
  needNode(home);
  const record = readServiceRecord(home);
  const target = serviceTarget(context, record, 'user');
  const facts = await serviceFacts(context, target, record);
  const standing = serviceStanding(facts);
  const { manager, file, answers } = facts;
  const dedicated = readDedicated(home.folder);
  const yes = (is: boolean | undefined): string =>
    is === undefined ? 'not known' : is ? 'yes' : 'no';
  const lines = [
    `service    ${target.name}, ${standing.state}`,
    `file       ${visible(target.path)}, ${file.replaceAll('_', ' ')}`,
    `enabled    ${yes(manager?.enabled)}`,
    `running    ${yes(manager?.active)}`,
    `answers    ${yes(answers)}`,
    ...(manager === undefined ? ['manager    does not answer here'] : []),
    ...(dedicated === undefined ? [] : accountLines(dedicated)),
    ...(manager?.additions ?? []).map((each) => `yours      ${visible(each)}`),
    ...standing.problems.flatMap(({ what, next }) => [
      `! ${visible(what)}`,
      `  next: ${visible(next)}`,
    ]),
  ];
  const { path, name, kind } = target;
  output.say(lines, { name, kind, path, ...standing, file, manager, answers, dedicated });
  if (standing.state === 'absent') output.note('next: ioi service install');
  if (standing.state === 'down') return 'unreachable';
  return standing.state === 'broken' ? 'unexpected' : undefined;
};

/** `ioi service remove` */
export const serviceRemove: Command = async (context) => {
  const { home, output } = context;
  needNode(home);
  return locked(context, async () => {
    const record = readServiceRecord(home);
    if (record === undefined) {
      const dedicated = readDedicated(home.folder);
      // An install was killed between giving the files away and writing that down.
      if (dedicated !== undefined) {
        const { did, left } = await undedicate(home, dedicated, undefined);
        output.say([...did, ...left].map(visible), { removed: true, did, left });
        return undefined;
      }
      output.say(['no service was installed from here'], { removed: false, did: [], left: [] });
      return undefined;
    }
    const target = serviceTarget(context, record, record.kind.scope);
    const dedicated = readDedicated(home.folder);
    const removed = await removeService(home, target, record);
    const undone = dedicated && (await undedicate(home, dedicated, record.givenBy));
    const did = [...removed.did, ...(undone?.did ?? [])];
    const left = [...removed.left, ...(undone?.left ?? [])];
    const lines = [...did, ...left.map((each) => `left: ${each}`)].map(visible);
    output.say(lines, { removed: true, did, left });
    return undefined;
  });
};

/** One change at a time. */
async function locked<T>({ home }: Context, change: () => Promise<T>): Promise<T> {
  const lock = lockService(home);
  if (lock === undefined)
    throw usageFault('another change of the service is under way', 'the same');
  try {
    return await change();
  } finally {
    lock.release();
  }
}
