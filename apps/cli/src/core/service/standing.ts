import { quoted } from '../next-steps.ts';

/** What lies where the service's file belongs. */
export type FileState = 'missing' | 'as_written' | 'edited' | 'foreign' | 'no_file';

/** What the service manager says; undefined where there is none, or it does not listen. */
export type ManagerState = {
  readonly enabled: boolean;
  readonly active: boolean;
  readonly failed: boolean;
  readonly pid?: number | undefined;
  /** The file it goes by. */
  readonly file?: string | undefined;
  /** Files of the owner's that add to it. */
  readonly additions: readonly string[];
};

export type ServiceFacts = {
  readonly path: string;
  /** Whether an install was begun from here, and not undone. */
  readonly isRecorded: boolean;
  readonly file: FileState;
  /** Whether the program that it starts is still there; undefined where nothing is recorded. */
  readonly hasProgram?: boolean | undefined;
  readonly manager: ManagerState | undefined;
  /** The process that runs the node, however it was started. */
  readonly nodePid: number | undefined;
  readonly answers: boolean;
};

export type Problem = { readonly what: string; readonly next: string };

export type ServiceStanding = {
  readonly state: 'absent' | 'whole' | 'down' | 'broken';
  readonly problems: readonly Problem[];
  /** Whether the node that runs is the one of the service. */
  readonly runs_node: boolean;
};

const INSTALL = 'ioi service install';
const REMOVE = 'ioi service remove';

/** How the service stands, and of each thing that is not as it should be the way back. */
export function serviceStanding(facts: ServiceFacts): ServiceStanding {
  const { isRecorded, file, manager, nodePid, answers } = facts;
  const runs_node = manager?.pid !== undefined && manager.pid === nodePid;
  const problems = [...fileProblems(facts), ...managerProblems(facts)];
  if (!isRecorded && file === 'missing' && manager?.active !== true) {
    return { state: problems.length === 0 ? 'absent' : 'broken', problems, runs_node };
  }
  if (problems.length > 0) return { state: 'broken', problems, runs_node };
  return { state: manager?.active === true && answers ? 'whole' : 'down', problems, runs_node };
}

function fileProblems({ path, isRecorded, file, hasProgram }: ServiceFacts): Problem[] {
  const problems: Problem[] = [];
  const say = (what: string, next: string): void => void problems.push({ what, next });
  if (file === 'no_file')
    say(`${path} is a link or a folder`, `look at it: ls -ld ${quoted(path)}`);
  if (file === 'foreign') say(`${path} was not written from here`, `${INSTALL} --replace`);
  if (file === 'edited') {
    say(`${path} was edited since it was written`, `keep it, or: ${INSTALL} --replace`);
  }
  if (file === 'missing' && isRecorded) {
    say(
      `an install was begun or its file was deleted: ${path} is missing`,
      `${INSTALL}, or: ${REMOVE}`,
    );
  }
  if (hasProgram === false && file === 'as_written') {
    say('the program that it starts is no more there', INSTALL);
  }
  return problems;
}

function managerProblems({ path, file, manager, nodePid }: ServiceFacts): Problem[] {
  if (manager === undefined || (file !== 'as_written' && file !== 'edited')) return [];
  const problems: Problem[] = [];
  const say = (what: string, next: string): void => void problems.push({ what, next });
  if (manager.file === undefined) say('the service manager has not read it', INSTALL);
  else if (manager.file !== path) say(`the manager goes by ${manager.file} instead`, REMOVE);
  if (!manager.enabled) say('it is not enabled: it is not started by itself', INSTALL);
  if (manager.failed) say('it failed and is not started again', 'ioi up, which says why');
  if (nodePid !== undefined && manager.pid !== nodePid) {
    say(`process ${nodePid} runs the node, and not the service`, `ioi down, then ${INSTALL}`);
  }
  return problems;
}

/** What `systemctl show` printed. */
export function readSystemdShow(printed: string): ManagerState {
  const values = new Map(
    printed.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const pid = Number(values.get('MainPID') ?? 0);
  const file = values.get('FragmentPath') ?? '';
  const additions = values.get('DropInPaths') ?? '';
  const active = values.get('ActiveState') ?? '';
  return {
    enabled: values.get('UnitFileState') === 'enabled',
    active: active === 'active',
    failed: active === 'failed',
    ...(pid > 0 ? { pid } : {}),
    ...(file === '' ? {} : { file }),
    additions: additions === '' ? [] : additions.split(' '),
  };
}

/** What `launchctl print` printed of a service that is loaded. */
export function readLaunchdPrint(printed: string): ManagerState {
  const value = (name: string): string | undefined => {
    return new RegExp(`^\\s*${name} = (.*)$`, 'm').exec(printed)?.[1];
  };
  const pid = Number(value('pid') ?? 0);
  const file = value('path');
  return {
    enabled: true,
    active: value('state') === 'running',
    failed: false,
    ...(pid > 0 ? { pid } : {}),
    ...(file === undefined ? {} : { file }),
    additions: [],
  };
}
