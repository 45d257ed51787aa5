import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digestBytes } from '@ioi/canon';
import type { InstalledWorkerDetail, WorkerTask } from '@ioi/protocol';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  countOption,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { findSockets, makePrivateFolder } from '../../shell/home.ts';
import { saveNew } from '../../shell/save-new.ts';
import { A2aAgent } from '../../shell/serve/a2a-agent.ts';
import { A2aServer } from '../../shell/serve/a2a-server.ts';
import { BegunTasks } from '../../shell/serve/begun-tasks.ts';
import { CardKey } from '../../shell/serve/card-key.ts';
import { McpStdio } from '../../shell/serve/mcp-stdio.ts';
import { ServedDetail } from '../../shell/serve/served-detail.ts';
import { ServedWorker } from '../../shell/serve/served-worker.ts';
import { WorkerInstallApi } from '../../shell/worker-install-api.ts';
import { WorkerRunApi } from '../../shell/worker-run-api.ts';

const PORT = 4123;
const PORT_MOST = 65_535;
const MOST_STEPS = 1024;
const TOKEN_BYTES = 32;
const ID_DIGITS = 16;

/** `ioi worker serve --a2a|--mcp WORKER`: an installed one, until it is told to stop. */
export const workerServe: Command = async (context, [name = ''], options) => {
  const isA2a = flagOption(options, 'a2a');
  if (isA2a === flagOption(options, 'mcp')) {
    throw usageFault('say how it is served: --a2a or --mcp');
  }
  needNode(context.home);
  const sockets = findSockets(context.home);
  const installs = new WorkerInstallApi(sockets);
  const detail = await installs.detail(name);
  if (detail.worker.state !== 'installed') {
    throw usageFault(`${name} was removed`, 'ioi worker install PACKAGE');
  }
  const named = textOption(options, 'task');
  const tasks = tasksServed(detail, named);
  const { id } = detail.manifest;
  const served = new ServedDetail(detail, () => installs.detail(id), named);
  const worker = new ServedWorker(new WorkerRunApi(sockets), {
    installed: detail.manifest.id,
    workspace: resolve(textOption(options, 'workspace') ?? '.'),
    max_steps: countOption(options, 'maxSteps', MOST_STEPS),
    ...(flagOption(options, 'unconfined') ? { unconfined: true } : {}),
  });
  const serving = { context, detail, served, tasks, worker };
  await (isA2a ? serveA2a(serving, options) : serveMcp(serving));
  return undefined;
};

type Serving = {
  readonly context: Context;
  readonly detail: InstalledWorkerDetail;
  readonly served: ServedDetail;
  readonly tasks: readonly WorkerTask[];
  readonly worker: ServedWorker;
};

function tasksServed(
  { manifest }: InstalledWorkerDetail,
  named: string | undefined,
): readonly WorkerTask[] {
  const all = manifest.tasks as readonly WorkerTask[];
  const tasks = all.filter(({ name }) => named === undefined || name === named);
  if (tasks.length > 0) return tasks;
  throw usageFault(`it has ${all.map(({ name }) => name).join(', ')}, and no task ${named}`);
}

async function serveMcp({ detail, tasks, worker }: Serving): Promise<void> {
  const { manifest } = detail;
  const about = manifest.about ?? manifest.id;
  const served = { name: detail.worker.name, version: manifest.version, about, tasks };
  await new McpStdio(worker, served, process.stdout).serve(process.stdin);
}

async function serveA2a(
  { context, detail, served, tasks, worker }: Serving,
  options: Options,
): Promise<void> {
  const { home, output } = context;
  const { manifest } = detail;
  const { name } = detail.worker;
  const port = countOption(options, 'port', PORT);
  if (port > PORT_MOST) throw usageFault('--port is a port');
  // Of two workers with one name, which: neither tells of what the other did.
  const own = digestBytes(manifest.id).slice('sha256:'.length, 'sha256:'.length + ID_DIGITS);
  const folder = join(home.folder, 'served', own);
  makePrivateFolder(join(home.folder, 'served'));
  makePrivateFolder(folder);
  const { token, file } = tokenIn(folder);
  const key = CardKey.at(join(folder, 'card.key'));
  const server = new A2aServer({
    agent: new A2aAgent({ worker, served, begun: new BegunTasks(folder) }),
    ...{ token, name, served, key },
    url: urlIn(textOption(options, 'url')),
  });
  await server.listen(port).catch((fault: Error) => {
    throw usageFault(`port ${port} cannot be listened on: ${fault.message}`, '--port NUMBER');
  });
  const lines = [
    `${visible(name)} is served at ${server.url}`,
    `its token is in ${file}`,
    `its card is signed by the key ${key.kid}`,
  ];
  const about = { url: server.url, token_file: file, card_key: key.kid };
  output.say(lines, { ...about, tasks: tasks.map((each) => each.name) });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort());
  }
  await once(stop.signal, 'abort');
  server.close();
}

function urlIn(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) throw usageFault('--url is an address');
  return url.href;
}

/** The same at every start; whoever can read it may have the worker work. */
function tokenIn(folder: string): { readonly token: string; readonly file: string } {
  const file = join(folder, 'token');
  if (!existsSync(file)) saveNew(file, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
  const token = readFileSync(file, 'utf8').trim();
  if (token === '') throw usageFault(`${file} is empty: remove it`);
  return { token, file };
}
