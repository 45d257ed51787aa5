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
  needNode,
  textOption,
} from '../../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../../shell/fault.ts';
import { mountedTools } from '../../shell/mounted-tools.ts';
import { NodeConfigEditor } from '../../shell/node-config.ts';
import { tomlIn } from '../../shell/toml.ts';
import { contractsIn } from '../contract.ts';

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
  };
  return mount([entry], context);
};

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
  await change(
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

/** `ioi mcp test NAME`: asks the server anew for everything it offers. */
export const mcpTest: Command = async ({ daemon, output }, [name = '']) => {
  const status = await daemon.testServer(name);
  output.say(serverLines(status, output.paint), status);
  return status.state === 'ready' ? undefined : 'unexpected';
};

/** `ioi mcp accept NAME`: what it says of its tools now is what it may go on saying. */
export const mcpAccept: Command = async ({ daemon, output }, [name = '']) => {
  const status = await daemon.acceptServer(name);
  output.say(serverLines(status, output.paint), status);
  return undefined;
};

async function mount(
  entries: readonly ServerEntry[],
  context: Context,
): Promise<ExitName | undefined> {
  const { output } = context;
  const editor = new NodeConfigEditor(context.home);
  const taken = entries.find(({ name }) => editor.servers.some((each) => each.name === name));
  if (taken) throw usageFault(`${taken.name} is mounted already`, `ioi mcp remove ${taken.name}`);
  const statuses = await change(editor, [...editor.servers, ...entries], context);
  if (statuses === undefined) {
    output.say(['written to node.json; the node is not up: ioi up'], { added: entries });
    return undefined;
  }
  const drafted = await Promise.all(entries.map((entry) => withContracts(entry, context)));
  // Read anew: somebody else may have changed it meanwhile.
  const again = new NodeConfigEditor(context.home);
  const servers = again.servers.map(
    (each) => drafted.find(({ name }) => name === each.name) ?? each,
  );
  const after = await change(again, servers, context);
  const shown = (after ?? statuses).filter(({ name }) =>
    entries.some((each) => each.name === name),
  );
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

/** With a draft for every tool that has no contract: without one a tool is blocked. */
async function withContracts(
  entry: ServerEntry,
  { daemon, output }: Context,
): Promise<ServerEntry> {
  const details = await mountedTools(daemon, entry.name);
  const undrafted = details.filter(({ contract }) => contract === undefined);
  const contracts = contractsIn(undrafted, output);
  return contracts.length === 0 ? entry : { ...entry, contracts };
}

/** Undefined when no node runs: then it reads the file when it starts. */
async function change(
  editor: NodeConfigEditor,
  servers: readonly ServerEntry[],
  { daemon }: Context,
): Promise<readonly ServerStatus[] | undefined> {
  editor.write(servers);
  try {
    return (await daemon.reloadServers()).servers;
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.exit === 'unreachable') return undefined;
    editor.undo();
    throw fault;
  }
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
