import { AGENTS, type Agent, NODE_NAME } from '../core/connect/agents.ts';
import { changedLines } from '../core/connect/difference.ts';
import { serversTable } from '../core/connect/edit-servers.ts';
import { isMounted, type Plan, planConnection } from '../core/connect/plan.ts';
import type { ServerEntry } from '../core/mcp-servers.ts';
import { visible } from '../core/visible.ts';
import { AgentConfig, Connections, digestOf, placesOf } from '../shell/agent-config.ts';
import { standingOf } from '../shell/agent-standing.ts';
import { beginPolicy, endPolicy, type PolicyOutcome } from '../shell/begun-policy.ts';
import { type Command, type Context, flagOption, type Options } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { entries } from '../shell/installation.ts';
import { NodeConfigEditor } from '../shell/node-config.ts';
import { askYes } from '../shell/prompt.ts';
import { putBack } from '../shell/put-back.ts';
import { lasting } from '../upgrade/versions.ts';
import { mountServers } from './mcp/mount.ts';

/** `ioi connect [AGENT…]`: puts the node before the MCP servers of agents people already run. */
export const connect: Command = async (context, names, options) => {
  const isUndo = flagOption(options, 'undo');
  const chosen = flagOption(options, 'all') ? allAgents(context, isUndo) : namedAgents(names);
  if (chosen.length === 0 && !flagOption(options, 'all')) return list(context);
  if (isUndo) return undo(context, chosen, options);
  // Whoever is put behind a node that does not run has no tools at all.
  await context.daemon.mcp();
  const done: object[] = [];
  for (const agent of chosen) done.push(await connectOne(context, agent, options));
  const lines = flagOption(options, 'dryRun')
    ? []
    : chosen.map(({ title }) => `${title} is connected`);
  // After the settings: what cannot be written leaves nothing signed.
  const policy = await beginPolicy(context, options);
  context.output.say([...lines, ...policyLines(policy)], { agents: done, policy });
  context.output.note(
    'its own tools for files, commands and the network do not pass the node: ioi run -- AGENT',
  );
  return undefined;
};

function policyLines({ state, policy_id: id = '' }: PolicyOutcome): readonly string[] {
  if (state !== 'observing') return [];
  return [`OBSERVING under ${visible(id)}: only BLOCK rules hold; ioi policy enforce ends it`];
}

function namedAgents(names: readonly string[]): readonly Agent[] {
  const unknown = names.find((name) => AGENTS.every(({ id }) => id !== name));
  if (unknown === undefined) return AGENTS.filter(({ id }) => names.includes(id));
  const known = AGENTS.map(({ id }) => id).join(', ');
  throw usageFault(`no agent is called ${unknown}; there are: ${known}`, 'ioi connect');
}

/** Those that are installed, or that were connected from here. */
function allAgents({ home, environment }: Context, isUndo: boolean): readonly Agent[] {
  const places = placesOf(environment);
  const connections = new Connections(home.folder);
  const found = AGENTS.filter((agent) =>
    isUndo ? connections.read(agent.id) !== undefined : new AgentConfig(agent, places).isInstalled,
  );
  // A policy that was begun with may be left to take back, where nobody could sign that before.
  const isLeft = isUndo && connections.readPolicy() !== undefined;
  if (found.length > 0 || isLeft) return found;
  const why = isUndo ? 'no agent was connected from here' : 'no agent that it knows is installed';
  throw usageFault(why, 'ioi connect');
}

/** What there is, and how it stands. */
async function list({ home, environment, output }: Context): Promise<undefined> {
  const places = placesOf(environment);
  const rows = AGENTS.map((agent) => {
    const config = new AgentConfig(agent, places);
    const { id, title } = agent;
    return { id, title, path: config.path, ...standingOf(config, home.folder) };
  });
  const lines = rows.map(({ id, title, path, state, own }) => {
    const servers = own.length === 0 ? '' : `; servers of its own: ${own.join(', ')}`;
    return visible(`${id.padEnd(15)}${state.padEnd(11)}${title}, ${path}${servers}`);
  });
  output.say(lines, { agents: rows });
  output.note('next: ioi connect AGENT, or ioi connect --all; --dry-run shows what it would write');
  return undefined;
}

async function connectOne(context: Context, agent: Agent, options: Options): Promise<object> {
  const { home, output } = context;
  const config = new AgentConfig(agent, placesOf(context.environment));
  const connections = new Connections(home.folder);
  const plan = planFor(context, config, flagOption(options, 'keepServers'));
  const { id } = agent;
  const moved = [...plan.moved.values()].map(shown);
  const said = { agent: id, path: config.path, moved, stays: plan.stays };
  if (plan.text === config.text) return said;
  if (connections.read(id) !== undefined) {
    const why = 'it was connected, and changed since';
    throw new CommandFault({
      ...config.fault('connect.again', why).about,
      next: `ioi connect ${id} --undo`,
    });
  }
  output.note(visible(`${agent.title}: ${config.path}`));
  for (const line of changedLines(config.text, plan.text)) output.note(visible(line));
  for (const line of [...plan.stays, ...plan.notes]) output.note(visible(`  ${line}`));
  if (flagOption(options, 'dryRun')) return said;
  if (output.canAsk && !(await askYes(`Write this to ${visible(config.path)}?`))) {
    throw config.fault('prompt.cancelled', 'nothing was changed');
  }
  await startBehind(context, plan);
  write(config, connections, plan);
  return said;
}

/** Arguments and variables may be secrets. */
function shown({ name, command, url, env }: ServerEntry): object {
  return { name, command, url, env: Object.keys(env ?? {}) };
}

function planFor({ home }: Context, config: AgentConfig, keep: boolean): Plan {
  const [command, ...args] = [lasting(process.execPath), lasting(entries.main), 'mcp'];
  const node = { command, args, env: { IOI_HOME: home.folder } };
  const mounted = new NodeConfigEditor(home).servers;
  const plan = planConnection(config.agent, config.text, { node, mounted, keep });
  if (!plan.ok) throw config.fault(plan.error.code, plan.error.message);
  return plan.value;
}

/** They answer behind the node before the agent loses sight of them. */
async function startBehind(context: Context, { moved }: Plan): Promise<void> {
  const { servers } = new NodeConfigEditor(context.home);
  const fresh = [...moved.values()].filter((each) => !isMounted(each, servers));
  if (fresh.length === 0) return;
  const statuses = (await mountServers(fresh, context)) ?? [];
  const silent = fresh.filter(({ name }) => {
    return statuses.every((each) => each.name !== name || each.state !== 'ready');
  });
  if (silent.length === 0) return;
  const names = silent.map(({ name }) => name).join(', ');
  throw new CommandFault({
    exit: 'unexpected',
    code: 'connect.server_silent',
    message: `${names} did not start behind the node; the agent's settings stay as they were`,
    next: `ioi mcp test ${silent[0]?.name}, or ioi mcp remove ${silent[0]?.name}`,
  });
}

function write(config: AgentConfig, connections: Connections, { text, moved }: Plan): void {
  const { agent, path, bytes } = config;
  const after = Buffer.from(text);
  const table = serversTable(config.text, agent);
  const entriesBefore = Object.entries(table.ok ? table.value : {});
  const removed = Object.fromEntries(
    entriesBefore.filter(([name]) => moved.has(name) || name === NODE_NAME),
  );
  const before = bytes === undefined ? {} : { before: bytes.toString('base64') };
  const record = { format: 'ioi-connection/1', agent: agent.id, path, ...before } as const;
  connections.write({ ...record, written: digestOf(after), removed });
  try {
    config.replace(after);
  } catch (fault) {
    // Nothing was done, so there is nothing to undo.
    connections.remove(agent.id);
    throw fault;
  }
}

async function undo(
  context: Context,
  chosen: readonly Agent[],
  options: Options,
): Promise<undefined> {
  const done: object[] = [];
  const lines: string[] = [];
  for (const agent of chosen) {
    const made = putBack(context, agent);
    if (made === undefined) {
      lines.push(`${agent.title} was not connected from here`);
      continue;
    }
    const { path, exact } = made;
    const how = exact ? 'is as it was' : 'changed since: only its servers are as they were';
    lines.push(visible(`${agent.title}: ${path} ${how}`));
    done.push({ agent: agent.id, path, exact });
  }
  const policy = await endPolicy(context, options);
  context.output.say(lines, { undone: done, ...(policy && { policy }) });
  context.output.note(
    'servers it moved stay behind the node too: ioi mcp list, ioi mcp remove NAME',
  );
  return undefined;
}
