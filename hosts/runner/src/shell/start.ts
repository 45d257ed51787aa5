import { mkdirSync, writeFileSync } from 'node:fs';
import {
  limitHolds,
  probeSandbox,
  runDeclared,
  runSandboxed,
  type SandboxedRun,
  type SandboxProbe,
} from '@ioi/drivers/shell';
import { MODELS_PLACE } from '@ioi/law';
import type { RunTold } from '@ioi/protocol';
import { type HeldRun, openRun } from './ask-node.ts';
import { declaredText, noSandbox } from './declared.ts';
import { endGit, GitRecord, placesOf } from './git-record.ts';
import { KeptFiles } from './kept-files.ts';
import { portsOf } from './open-ports.ts';
import { limitsOf, type RunRequest } from './run-request.ts';
import { trustIn } from './trust.ts';
import { watchNode } from './watch-node.ts';

/** As shells say that a program could not be started in what was to hold it. */
const NOT_STARTED = 125;
const DOOR_INSIDE = '/run/ioi-web.sock';
const SHELL_INSIDE = '/run/ioi-shell.sock';
const PORTS_INSIDE = '/run/ioi-ports.sock';
const MODELS_INSIDE = '/run/ioi-models.sock';

/** Composition root: one program in a sandbox, at the terminal of whoever asked. */
export async function startRunner(text: string): Promise<void> {
  const request = JSON.parse(text) as RunRequest;
  const probe = probeSandbox();
  const declared = probe.ok ? undefined : request.declared;
  if (!probe.ok && declared === undefined) return refuse(noSandbox(probe.refusal, request));
  if (!probe.ok) console.error(`ioi: ${declaredText(probe.refusal, request)}`);
  const watch = await watchNode(request.apiSocket, () => {
    console.error('ioi: the node is gone: no tools, no network from here on; ioi up --detach');
  });
  if (watch === undefined) return refuse('the node does not answer; ioi up --detach');
  const { name, hosts, models, apiSocket, summaryFile } = request;
  const credentials = request.credentials.map(({ variable: _, ...each }) => each);
  const overlay = request.isOverlay;
  const shellIn = request.isAsking ? { shell_in: request.cwd } : {};
  const run = await openRun(apiSocket, {
    ...{ name, hosts, credentials, models, overlay, ...shellIn },
    ...(declared === undefined ? {} : { isolation_declared: declared }),
  });
  if (typeof run === 'string') {
    watch.close();
    return refuse(run);
  }
  const kept = request.keptFolder === undefined ? undefined : new KeptFiles(request.keptFolder);
  const { run_id } = run.opened;
  let git: GitRecord | undefined;
  const watchGit = (standIns: StandIns = []): void => {
    git = new GitRecord(placesOf(request, standIns), (looked) => run.commits(looked));
  };
  run.onLook((look) => void git?.look(look));
  const beforeStart: How['beforeStart'] = (plan) => {
    const standIns = kept?.begin(run_id, request, plan);
    watchGit(standIns);
    return standIns;
  };
  const onCommits: How['onCommits'] = (names) => git?.hooked(names);
  if (!probe.ok) watchGit();
  const how = probe.ok ? { means: probe.means, beforeStart, onCommits } : undefined;
  await runWith(request, run, how).catch((fault: Error) => {
    if (kept === undefined || kept.isBegun) throw fault;
    const otherwise = request.isOverlay ? '' : '; --no-undo starts it all the same';
    refuse(`what it may write cannot be kept: ${fault.message}${otherwise}`);
  });
  await endGit(git);
  const files = await kept?.end((left) => run.record(left));
  const summary = await run.summary();
  const limits = { ...limitsOf(request), held_by: await limitHolds() };
  const told = summary === undefined ? undefined : { ...summary, limits };
  writeFileSync(summaryFile, JSON.stringify({ summary: told, files } satisfies RunTold));
  watch.close();
  run.close();
}

type StandIns = ReturnType<NonNullable<SandboxedRun['beforeStart']>>;

type How = {
  readonly means: Extract<SandboxProbe, { ok: true }>['means'];
  readonly beforeStart: NonNullable<SandboxedRun['beforeStart']>;
  readonly onCommits: NonNullable<SandboxedRun['onCommits']>;
};

/** Its only way out is the door of the node; where no host is named there is none. */
async function runWith(request: RunRequest, run: HeldRun, how: How | undefined): Promise<void> {
  const { opened } = run;
  const { read, write, hosts, homeFrom, mcpSocketInside, command, args, cwd, hidden } = request;
  const placed = request.credentials.map(
    ({ name, variable }) => [variable, opened.placeholders[name] ?? ''] as const,
  );
  const env = { ...request.env, ...Object.fromEntries(placed) };
  mkdirSync(homeFrom, { recursive: true, mode: 0o700 });
  // Ctrl-C at the terminal is for the program.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  const trust = trustIn(opened.certificate);
  const isOut = hosts.length > 0;
  const mcpSocket = { from: opened.mcp_socket, to: mcpSocketInside };
  const door = { from: opened.socket, to: DOOR_INSIDE };
  const shell = opened.shell_socket;
  const shells = shell === undefined ? [] : [{ from: shell, to: SHELL_INSIDE }];
  if (how === undefined) {
    const inside = { ...env, ...(isOut ? trust.environment : {}), IOI_MCP_SOCKET: mcpSocket.from };
    const given = { env: inside, wayOut: isOut ? door.from : undefined, limits: limitsOf(request) };
    endAs(await runDeclared({ ...given, command, args, cwd, homeFrom }).finally(trust.remove));
    return;
  }
  const { means, beforeStart, onCommits } = how;
  const asked = opened.models_socket;
  const models = asked === undefined ? [] : [{ from: asked, to: MODELS_INSIDE }];
  const ports = portsOf(request, run);
  const way = ports.socket === undefined ? [] : [{ from: ports.socket, to: PORTS_INSIDE }];
  const paths = { read: [...read, ...(isOut ? [trust.folder] : [])], write };
  const ended = await runSandboxed(
    {
      ...{ command, args, cwd, hidden, homeFrom, beforeStart, onCommits },
      isCopied: request.isOverlay,
      env: { ...env, ...(isOut ? trust.environment : {}) },
      manifest: { paths, placeholders: {} },
      sockets: [mcpSocket, ...(isOut ? [door] : []), ...shells, ...models, ...way],
      portDoor: ports.socket && PORTS_INSIDE,
      shellDoor: shells.length === 0 ? undefined : SHELL_INSIDE,
      wayOut: isOut ? DOOR_INSIDE : undefined,
      forward: models.length > 0 ? { port: MODELS_PLACE.port, socket: MODELS_INSIDE } : undefined,
      limits: limitsOf(request),
      onExcess: (what) =>
        console.error(`ioi: the program was ended: it had ${what} (--processes, --memory)`),
    },
    means,
  ).finally(() => {
    ports.close();
    trust.remove();
  });
  endAs(ended);
}

function endAs(ended: Awaited<ReturnType<typeof runDeclared>>): void {
  if (ended.ok) process.exitCode = ended.value;
  else refuse(ended.error);
}

function refuse(message: string): void {
  console.error(`ioi: ${message}`);
  process.exitCode = NOT_STARTED;
}
