import { mkdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { type RunLimits, usualLimits } from '@ioi/drivers';
import {
  limitHolds,
  probeSandbox,
  runSandboxed,
  type SandboxedRun,
  type SandboxProbe,
} from '@ioi/drivers/shell';
import { MODELS_PLACE } from '@ioi/law';
import type { RunCredential, RunModel, RunTold } from '@ioi/protocol';
import { type HeldRun, openRun } from './ask-node.ts';
import { KeptFiles } from './kept-files.ts';
import { trustIn } from './trust.ts';
import { watchNode } from './watch-node.ts';

/** What `ioi run` asks for; paths are absolute. */
type RunRequest = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Last part of its agent id. */
  readonly name: string;
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly hosts: readonly string[];
  readonly credentials: readonly (RunCredential & { readonly variable: string })[];
  /** Ways its questions to models are passed by; none are without. */
  readonly models: readonly RunModel[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder that is kept, and found where programs expect a home. */
  readonly homeFrom: string;
  /** Folders of the node, of which nothing is shown. */
  readonly hidden: readonly string[];
  /** Where the program finds the node. */
  readonly mcpSocketInside: string;
  /** That answers while the node is up. */
  readonly apiSocket: string;
  /** What it may use, where that is not the usual. */
  readonly limits: Partial<RunLimits>;
  /** Gets what was decided and changed, as JSON (`RunTold`), once the program has ended. */
  readonly summaryFile: string;
  /** Where folders are kept as they were; nothing is kept without it. */
  readonly keptFolder?: string | undefined;
  /** What it may write is copied, and it works on the copies. */
  readonly isOverlay: boolean;
  /** Its shells ask the node before they do something. */
  readonly isAsking: boolean;
};

/** As shells say that a program could not be started in what was to hold it. */
const NOT_STARTED = 125;
const DOOR_INSIDE = '/run/ioi-web.sock';
const SHELL_INSIDE = '/run/ioi-shell.sock';
const MODELS_INSIDE = '/run/ioi-models.sock';

/** Composition root: one program in a sandbox, at the terminal of whoever asked. */
export async function startRunner(text: string): Promise<void> {
  const request = JSON.parse(text) as RunRequest;
  const probe = probeSandbox();
  if (!probe.ok) return refuse(`no sandbox: ${probe.refusal.cause}; ${probe.refusal.fix}`);
  const watch = await watchNode(request.apiSocket, () => {
    console.error('ioi: the node is gone: no tools, no network from here on; ioi up --detach');
  });
  if (watch === undefined) return refuse('the node does not answer; ioi up --detach');
  const { name, hosts, models, apiSocket, summaryFile } = request;
  const credentials = request.credentials.map(({ variable: _, ...each }) => each);
  const overlay = request.isOverlay;
  const shellIn = request.isAsking ? { shell_in: request.cwd } : {};
  const run = await openRun(apiSocket, { name, hosts, credentials, models, overlay, ...shellIn });
  if (typeof run === 'string') {
    watch.close();
    return refuse(run);
  }
  const kept = request.keptFolder === undefined ? undefined : new KeptFiles(request.keptFolder);
  const { run_id } = run.opened;
  const beforeStart: How['beforeStart'] = (plan) => kept?.begin(run_id, request, plan);
  await runWith(request, run, { means: probe.means, beforeStart }).catch((fault: Error) => {
    if (kept === undefined || kept.isBegun) throw fault;
    const otherwise = request.isOverlay ? '' : '; --no-undo starts it all the same';
    refuse(`what it may write cannot be kept: ${fault.message}${otherwise}`);
  });
  const files = await kept?.end((left) => run.record(left));
  const summary = await run.summary();
  const limits = { ...limitsOf(request), held_by: await limitHolds() };
  const told = summary === undefined ? undefined : { ...summary, limits };
  writeFileSync(summaryFile, JSON.stringify({ summary: told, files } satisfies RunTold));
  watch.close();
  run.close();
}

type How = {
  readonly means: Extract<SandboxProbe, { ok: true }>['means'];
  readonly beforeStart: NonNullable<SandboxedRun['beforeStart']>;
};

/** Its only way out is the door of the node; where no host is named there is none. */
async function runWith(request: RunRequest, { opened }: HeldRun, how: How): Promise<void> {
  const { means, beforeStart } = how;
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
  const asked = opened.models_socket;
  const models = asked === undefined ? [] : [{ from: asked, to: MODELS_INSIDE }];
  const paths = { read: [...read, ...(isOut ? [trust.folder] : [])], write };
  const ended = await runSandboxed(
    {
      ...{ command, args, cwd, hidden, homeFrom, beforeStart, isCopied: request.isOverlay },
      env: { ...env, ...(isOut ? trust.environment : {}) },
      manifest: { paths, placeholders: {} },
      sockets: [mcpSocket, ...(isOut ? [door] : []), ...shells, ...models],
      shellDoor: shells.length === 0 ? undefined : SHELL_INSIDE,
      wayOut: isOut ? DOOR_INSIDE : undefined,
      forward: models.length > 0 ? { port: MODELS_PLACE.port, socket: MODELS_INSIDE } : undefined,
      limits: limitsOf(request),
      onExcess: (what) =>
        console.error(`ioi: the program was ended: it had ${what} (--processes, --memory)`),
    },
    means,
  ).finally(trust.remove);
  if (!ended.ok) return refuse(ended.error);
  process.exitCode = ended.value;
}

function limitsOf({ limits }: RunRequest): RunLimits {
  return { ...usualLimits(totalmem()), ...limits };
}

function refuse(message: string): void {
  console.error(`ioi: ${message}`);
  process.exitCode = NOT_STARTED;
}
