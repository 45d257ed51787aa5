import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { RunTold } from '@ioi/protocol';
import { type ProgramRan, runCi } from '../ci/run-ci.ts';
import { isolationOf } from '../core/ci/isolation.ts';
import { filesLines } from '../core/files-view.ts';
import { MODEL_VARIABLES, modelArguments } from '../core/passed-models.ts';
import { runLines } from '../core/run-view.ts';
import {
  type Command,
  type Context,
  flagOption,
  listOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';
import { credentialsOf } from '../shell/run-credentials.ts';
import { limitsFrom } from '../shell/run-limits.ts';
import { waysIn } from '../shell/run-models.ts';
import { portsFrom } from '../shell/run-ports.ts';
import { SEARCHED, secretFilesIn } from '../shell/secret-files.ts';
import { keptFolder, ownFolder } from '../shell/workspace.ts';

/** Where programs in a sandbox find the node; `ioi mcp` there looks at `IOI_MCP_SOCKET`. */
const SOCKET_INSIDE = '/run/ioi-mcp.sock';
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TERM', 'COLORTERM', 'TZ', 'USER', 'LOGNAME', 'SHELL'];
/** It stands in the name of the agent, and so in each receipt. */
const DECLARED = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** No dot in front: `..` would be the folder of the node. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** `ioi run [options] -- COMMAND ARG…`: a program in a sandbox whose only tools are the node's. */
export const run: Command = async (context, given, options) => {
  const isCi = flagOption(options, 'ci');
  if (given.length === 0) {
    throw usageFault('which program? ioi run -- COMMAND ARG…', 'ioi run --help');
  }
  const declared = textOption(options, 'isolationDeclared');
  if (declared !== undefined && !(isCi && DECLARED.test(declared))) {
    throw usageFault('--isolation-declared goes with --ci, and takes a word such as container');
  }
  const isOurs = listOption(options, 'models').length > 0 ? '--models' : undefined;
  const isLet = listOption(options, 'listen').length > 0 ? '--listen' : isOurs;
  const ours = flagOption(options, 'shell') ? '--shell' : isLet;
  if (declared !== undefined && ours !== undefined) {
    throw usageFault(`${ours} takes a sandbox of ours: not with --isolation-declared`);
  }
  const code = isCi
    ? await runCi(context, options, (inside, chosen) => runProgram(inside, given, chosen))
    : (await runProgram(context, given, options)).code;
  // As it ended, so does this: no name of ours for that.
  process.exit(code);
};

async function runProgram(
  context: Context,
  [command = '', ...args]: readonly string[],
  options: Options,
): Promise<ProgramRan> {
  const { home } = context;
  needNode(home);
  const name = textOption(options, 'as') ?? basename(command);
  if (!NAME.test(name)) throw usageFault(`${name} is no name for a home`, 'ioi run --help');
  const cwd = process.cwd();
  const sockets = findSockets(home);
  const credentials = await credentialsOf(context, listOption(options, 'credential'));
  const handed = listOption(options, 'env');
  const models = waysIn(listOption(options, 'models'), {
    variables: [...handed, ...credentials.map(({ variable }) => variable)],
  });
  const isPassing = models.length > 0;
  const given = (option: string): string[] =>
    listOption(options, option).map((each) => resolve(each));
  const isReadOnly = options['readOnly'] === true;
  const isOverlay = flagOption(options, 'overlay');
  if (isOverlay && (isReadOnly || options['undo'] === false)) {
    throw usageFault('--overlay keeps what is written: not with --read-only or --no-undo');
  }
  const own = ownFolder(home);
  if (isOverlay && own !== home.folder) {
    // What it merges the node reads, and that cannot read what is this account's.
    refuseDedicated(home.folder, 'ioi run without --overlay; ioi undo takes it back');
  }
  const told = mkdtempSync(join(tmpdir(), 'ioi-run-'));
  const summaryFile = join(told, 'summary.json');
  const request = {
    command: command.includes('/') ? resolve(command) : command,
    args: [...(isPassing ? modelArguments(command) : []), ...args],
    cwd,
    name,
    read: [...given('read'), ...(isReadOnly ? [cwd] : [])],
    write: [...given('write'), ...(isReadOnly ? [] : [cwd])],
    hosts: listOption(options, 'host'),
    credentials,
    models,
    ports: portsFrom(listOption(options, 'listen')),
    env: {
      ...passedOn(handed),
      ...(isPassing ? MODEL_VARIABLES : {}),
      IOI_MCP_SOCKET: SOCKET_INSIDE,
    },
    homeFrom: join(own, 'agents', name),
    hidden: [...new Set([home.folder, own]), ...secretsOf(context, cwd)],
    mcpSocketInside: SOCKET_INSIDE,
    apiSocket: sockets.daemon,
    summaryFile,
    limits: limitsFrom(options),
    keptFolder: options['undo'] === false ? undefined : keptFolder(home),
    isOverlay,
    isAsking: flagOption(options, 'shell'),
    declared: textOption(options, 'isolationDeclared'),
    isCi: flagOption(options, 'ci'),
  };
  const code = await runner(request);
  const ended = existsSync(summaryFile)
    ? (JSON.parse(readFileSync(summaryFile, 'utf8')) as RunTold)
    : undefined;
  if (ended !== undefined) say(context, ended);
  rmSync(told, { recursive: true, force: true });
  return { code, isolation: isolationOf(ended?.summary) };
}

/** On standard error: what the program says is the result. */
function say({ output }: Context, { summary, files }: RunTold): void {
  if (output.json) {
    process.stderr.write(`${JSON.stringify({ run: summary, files })}\n`);
    return;
  }
  const lines = [...(summary ? runLines(summary) : []), ...(files ? filesLines(files) : [])];
  for (const line of lines) output.note(`ioi: ${line}`);
}

/** What a project keeps its secrets in; they read as nothing. */
function secretsOf({ output }: Context, folder: string): readonly string[] {
  const { paths, isCut } = secretFilesIn(folder);
  const { depth, entries, files } = SEARCHED;
  const bounds = `${depth} folders down, ${entries} names, ${files} of them`;
  if (isCut) output.note(`ioi: .env files are looked for so far: ${bounds}; others are shown`);
  return paths;
}

/** Of this environment what programs need to run, and what was named; secrets stay outside. */
function passedOn(named: readonly string[]): Record<string, string> {
  const missing = named.find((name) => process.env[name] === undefined);
  if (missing !== undefined) throw usageFault(`${missing} is not in the environment`);
  const kept = [...PASSED_ON, ...named].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}

function runner(request: object): Promise<number> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  // Not an argument: everybody on the machine sees those, and there are secrets in it.
  const child = spawn(process.execPath, [...flags, entries.runner], {
    env: { ...process.env, IOI_RUN_REQUEST: JSON.stringify(request) },
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill('SIGTERM'));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
