import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toPlainJson } from '@ioi/law';
import type { ServerStatus } from '@ioi/protocol';
import type { ExitName } from '../../core/exit-codes.ts';
import { type ServerEntry, serversIn } from '../../core/mcp-servers.ts';
import { serverLines } from '../../core/mcp-view.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  listOption,
  needNode,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../../shell/fault.ts';
import { NodeConfigEditor } from '../../shell/node-config.ts';
import { limited } from '../../shell/server-limits.ts';
import { tomlIn } from '../../shell/toml.ts';
import { changeServers, mountServers } from './mount.ts';

const DRAFTED = 'Their contracts are drafts: read them in node.json, `ioi contract --server NAME`';

/** `ioi mcp add NAME [--url URL] [-- COMMAND ARG…]` */
export const mcpAdd: Command = async (context, [name = '', ...command], options) => {
  needNode(context.home);
  const url = textOption(options, 'url');
  const root = textOption(options, 'workspace');
  const transport = textOption(options, 'transport');
  if (transport !== undefined && transport !== 'sse') {
    throw usageFault(`--transport is sse or left out, not ${transport}`, 'ioi mcp add --help');
  }
  const [program, ...args] = command;
  if ((url === undefined) === (program === undefined)) {
    throw usageFault('give either --url URL, or the command after --', 'ioi mcp add --help');
  }
  const entry: ServerEntry = {
    name,
    ...(program === undefined ? {} : { command: commandOf(program), args }),
    ...(url === undefined ? {} : { url }),
    ...(transport === undefined ? {} : { transport }),
    ...(root === undefined ? {} : { workspace_root: resolve(root) }),
    ...boundsIn(options),
  };
  if (entry.manifest !== undefined && url !== undefined) {
    throw usageFault('only a server that the node starts has a sandbox', 'ioi mcp add --help');
  }
  return mount([limited(entry, options)], context);
};

/** `ioi mcp limit NAME`: what a mounted server is held to from now on. */
export const mcpLimit: Command = async (context, [name = ''], options) => {
  needNode(context.home);
  const editor = new NodeConfigEditor(context.home);
  const found = editor.servers.find((each) => each.name === name);
  if (found === undefined) throw unknownServer(name, editor.servers);
  const next = limited(found, options);
  if (JSON.stringify(next) === JSON.stringify(found)) {
    throw usageFault('say another limit than it has', 'ioi mcp limit --help');
  }
  const servers = editor.servers.map((each) => (each === found ? next : each));
  const statuses = await changeServers(editor, servers, context);
  const status = statuses?.find((each) => each.name === name);
  const lines = status ? serverLines(status, context.output.paint) : ['written to node.json'];
  context.output.say(lines, status ?? { limited: name });
  return undefined;
};

/** A manifest, where anything asks for a sandbox. */
function boundsIn(options: Options): Pick<ServerEntry, 'manifest'> {
  const [read = [], write = [], hosts = []] = ['read', 'write', 'host'].map((name) =>
    listOption(options, name),
  );
  const isBounded =
    flagOption(options, 'sandbox') || [read, write, hosts].some((each) => each.length > 0);
  if (!isBounded) return {};
  const paths = {
    read: read.map((each) => resolve(each)),
    write: write.map((each) => resolve(each)),
  };
  return { manifest: { paths, hosts, placeholders: {} } };
}

/** The node runs in a folder of its own; a name alone is looked up in `PATH`. */
function commandOf(program: string): string {
  return program.includes('/') ? resolve(program) : program;
}

/** `ioi mcp import FILE` */
export const mcpImport: Command = async (context, [file = ''], options) => {
  needNode(context.home);
  const { output } = context;
  const found = serversIn(configurationIn(file));
  if (found === undefined) throw usageFault(`${file} names no MCP servers`);
  for (const note of found.notes) output.note(visible(note));
  const taken = new Set(new NodeConfigEditor(context.home).servers.map(({ name }) => name));
  const fresh = found.servers.filter(({ name }) => !taken.has(name));
  for (const { name } of found.servers.filter((each) => taken.has(each.name))) {
    output.note(`${name} is left out: this node has one of that name`);
  }
  if (flagOption(options, 'dryRun') || fresh.length === 0) {
    const lines = fresh.map(
      ({ name, url, command }) => `${name}  ${visible(url ?? command ?? '')}`,
    );
    output.say(lines.length > 0 ? lines : ['nothing to add'], { servers: fresh });
    return undefined;
  }
  return mount(fresh, context);
};

/** `ioi mcp remove NAME`; the entry is printed, so that it can be put back. */
export const mcpRemove: Command = async (context, [name = '']) => {
  needNode(context.home);
  const editor = new NodeConfigEditor(context.home);
  const removed = editor.servers.find((each) => each.name === name);
  if (removed === undefined) throw unknownServer(name, editor.servers);
  await changeServers(
    editor,
    editor.servers.filter((each) => each !== removed),
    context,
  );
  const { contracts, ...shown } = removed;
  context.output.say([`removed ${name}; it was`, visible(JSON.stringify(shown))], { removed });
  return undefined;
};

/** `ioi mcp list` */
export const mcpList: Command = async ({ daemon, output }) => {
  const found = await daemon.mcp();
  const lines = found.servers.flatMap((server) => serverLines(server, output.paint));
  const none = lines.length === 0 ? ['no server is mounted; ioi mcp add NAME -- COMMAND'] : [];
  const clients = found.url === undefined ? [] : [`clients  ${visible(found.url)}`];
  output.say([...lines, ...none, ...clients], found);
  return undefined;
};

/** `ioi mcp sandbox`: found out by a trial. */
export const mcpSandbox: Command = async ({ daemon, output }) => {
  const found = await daemon.sandbox();
  const { available, cause = '', fix = '' } = found;
  const none = [output.paint('red', 'no sandbox'), visible(cause), visible(fix)].join('  ');
  output.say(
    [available ? 'a trial sandbox held: servers with a manifest are bounded by it' : none],
    found,
  );
  return available ? undefined : 'unexpected';
};

/** `ioi mcp test NAME`: asks the server anew for everything it offers. */
export const mcpTest: Command = async ({ daemon, output }, [name = '']) => {
  const status = await daemon.testServer(name);
  output.say(serverLines(status, output.paint), status);
  return status.state === 'ready' ? undefined : 'unexpected';
};

/** `ioi mcp accept NAME`: what it says of its tools now, and is shown, it may go on saying. */
export const mcpAccept: Command = async ({ daemon, home, output }, [name = ''], options) => {
  const { servers } = await daemon.mcp();
  const found = servers.find((each) => each.name === name);
  if (found === undefined) throw unknownServer(name, new NodeConfigEditor(home).servers);
  const said = textOption(options, 'said') ?? found.said;
  if (said === undefined) throw usageFault(`${name} has not answered`, `ioi mcp test ${name}`);
  if (said === found.said) await showNew(found, { daemon, output });
  const status = await daemon.acceptServer(name, said);
  output.say(serverLines(status, output.paint), status);
  return undefined;
};

/** The words of each tool, prompt and resource that no person has accepted yet. */
async function showNew(
  { name: server, tools, unseen = [] }: ServerStatus,
  { daemon, output }: Pick<Context, 'daemon' | 'output'>,
): Promise<void> {
  for (const { name } of tools.filter(({ code }) => code === 'contract.description_changed')) {
    const { description = 'without a description' } = await daemon.tool(`${server}__${name}`);
    output.note(visible(`${name}: ${description}`));
  }
  for (const { name, says } of unseen) output.note(visible(`${name}: ${says}`));
}

async function mount(
  entries: readonly ServerEntry[],
  context: Context,
): Promise<ExitName | undefined> {
  const { output } = context;
  const shown = await mountServers(entries, context);
  if (shown === undefined) {
    output.say(['written to node.json; the node is not up: ioi up'], { added: entries });
    return undefined;
  }
  output.say(
    shown.flatMap((each) => serverLines(each, output.paint)),
    { added: shown },
  );
  const [ready] = shown.filter(({ state }) => state === 'ready');
  if (ready === undefined) {
    output.note(
      'written to node.json all the same; next: ioi mcp test NAME, or ioi mcp remove NAME',
    );
    return 'unexpected';
  }
  output.note(DRAFTED);
  output.note(`next: ioi policy draft ${ready.name}, then ioi policy activate FILE`);
  return undefined;
}

function configurationIn(file: string): unknown {
  try {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.toml') ? tomlIn(text) : JSON.parse(toPlainJson(text));
  } catch (fault) {
    throw usageFault(`${file} cannot be read: ${messageOf(fault)}`);
  }
}

function unknownServer(name: string, servers: readonly ServerEntry[]): CommandFault {
  const known = servers.map((each) => each.name).join(', ') || 'none';
  const message = `no server ${name} stands in node.json; there are: ${known}`;
  return new CommandFault({ exit: 'usage', code: 'server.unknown', message, next: 'ioi mcp list' });
}
