import { AGENTS, type Agent, NODE_NAME } from '../core/connect/agents.ts';
import { changedLines } from '../core/connect/difference.ts';
import { withHooks } from '../core/connect/edit-hooks.ts';
import { serversTable } from '../core/connect/edit-servers.ts';
import { isMounted, type Plan, planConnection } from '../core/connect/plan.ts';
import { hooksOf } from '../core/hook/agent-hooks.ts';
import type { ServerEntry } from '../core/mcp-servers.ts';
import { visible } from '../core/visible.ts';
import {
  AgentConfig,
  type Connection,
  Connections,
  digestOf,
  hooksConfig,
  hooksName,
  placesOf,
} from '../shell/agent-config.ts';
import { hooksStand, standingOf } from '../shell/agent-standing.ts';
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
  for (const agent of chosen) {
    const one = await connectOne(context, agent, options);
    const hooks = flagOption(options, 'hooks') ? await connectHooks(context, agent, options) : {};
    done.push({ ...one, ...hooks });
  }
  const lines = flagOption(options, 'dryRun')
    ? []
    : chosen.map(({ title }) => `${title} is connected`);
  // After the settings: what cannot be written leaves nothing signed.
  const policy = await beginPolicy(context, options);
  context.output.say([...lines, ...policyLines(policy)], { agents: done, policy });
  context.output.note(
    flagOption(options, 'hooks')
      ? 'hooks ask before its shell does something, and are advisory: it may leave them out, and ' +
          'its other tools do not pass the node: ioi run -- AGENT'
      : 'its own tools for files, commands and the network do not pass the node: ioi run -- AGENT',
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
    isUndo ? connections.has(agent.id) : new AgentConfig(agent, places).isInstalled,
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
    const hooks = hooksStand(agent, places, home.folder);
    return { id, title, path: config.path, ...standingOf(config, home.folder), ...hooks };
  });
  const lines = rows.map(({ id, title, path, state, own, hooks }) => {
    const servers = own.length === 0 ? '' : `; servers of its own: ${own.join(', ')}`;
    const asks = hooks === undefined ? '' : '; its shell asks by hooks (advisory)';
    return visible(`${id.padEnd(15)}${state.padEnd(11)}${title}, ${path}${servers}${asks}`);
  });
  output.say(lines, { agents: rows });
  output.note('next: ioi connect AGENT, or ioi connect --all; --dry-run shows what it would write');
  return undefined;
}

async function connectOne(context: Context, agent: Agent, options: Options): Promise<object> {
  const { home } = context;
  const config = new AgentConfig(agent, placesOf(context.environment));
  const connections = new Connections(home.folder);
  const plan = planFor(context, config, flagOption(options, 'keepServers'));
  const { id } = agent;
  const moved = [...plan.moved.values()].map(shown);
  const said = { agent: id, path: config.path, moved, stays: plan.stays };
  if (plan.text === config.text) return said;
  if (connections.read(id) !== undefined) throw changedSince(config);
  const notes = [...plan.stays, ...plan.notes];
  if (!(await isWanted(context, config, { text: plan.text, notes }, options))) return said;
  await startBehind(context, plan);
  write(config, connections, { name: id, text: plan.text, removed: removedBy(config, plan) });
  return said;
}

/** Has it ask before its own shell does something. Once more changes nothing. */
async function connectHooks(context: Context, agent: Agent, options: Options): Promise<object> {
  const { home, output } = context;
  const [hooks, config] = [hooksOf(agent.id), hooksConfig(agent, placesOf(context.environment))];
  if (hooks === undefined || config === undefined) {
    output.note(`${agent.title}: how it is asked by a hook is not known; it has none`);
    return {};
  }
  const program = { command: lasting(process.execPath), main: lasting(entries.main) };
  const at = { home: home.folder, program: { ...program, home: home.folder } };
  const planned = withHooks(config.text, hooks, at);
  if (!planned.ok) throw config.fault(planned.error.code, planned.error.message);
  const text = planned.value;
  const said = { hooks: { path: config.path, tier: 'advisory' } };
  if (text === config.text) return said;
  const connections = new Connections(home.folder);
  const name = hooksName(agent.id);
  if (connections.read(name) !== undefined) throw changedSince(config);
  const notes = hooks.trust === undefined ? [] : [hooks.trust];
  if (!(await isWanted(context, config, { text, notes }, options))) return said;
  write(config, connections, { name, text, removed: {} });
  return said;
}

function changedSince(config: AgentConfig): CommandFault {
  const why = 'it was connected, and changed since';
  const next = `ioi connect ${config.agent.id} --undo`;
  return new CommandFault({ ...config.fault('connect.again', why).about, next });
}

/** Shows what would be written; false where that is all. */
async function isWanted(
  { output }: Context,
  config: AgentConfig,
  { text, notes }: { readonly text: string; readonly notes: readonly string[] },
  options: Options,
): Promise<boolean> {
  output.note(visible(`${config.agent.title}: ${config.path}`));
  for (const line of changedLines(config.text, text)) output.note(visible(line));
  for (const line of notes) output.note(visible(`  ${line}`));
  if (flagOption(options, 'dryRun')) return false;
  if (output.canAsk && !(await askYes(`Write this to ${visible(config.path)}?`))) {
    throw config.fault('prompt.cancelled', 'nothing was changed');
  }
  return true;
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

function removedBy(config: AgentConfig, { moved }: Plan): Written['removed'] {
  const table = serversTable(config.text, config.agent);
  const before = Object.entries(table.ok ? table.value : {});
  return Object.fromEntries(before.filter(([name]) => moved.has(name) || name === NODE_NAME));
}

/** `name` is that of its record, by which it is undone. */
type Written = Pick<Connection, 'removed'> & { readonly name: string; readonly text: string };

function write(
  config: AgentConfig,
  connections: Connections,
  { name, text, removed }: Written,
): void {
  const { path, bytes } = config;
  const after = Buffer.from(text);
  const before = bytes === undefined ? {} : { before: bytes.toString('base64') };
  const record = { format: 'ioi-connection/1', agent: name, path, ...before } as const;
  connections.write({ ...record, written: digestOf(after), removed });
  try {
    config.replace(after);
  } catch (fault) {
    // Nothing was done, so there is nothing to undo.
    connections.remove(name);
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
    if (made.length === 0) lines.push(`${agent.title} was not connected from here`);
    for (const { path, what, exact } of made) {
      const how = exact ? 'is as it was' : `changed since: only its ${what} are as they were`;
      lines.push(visible(`${agent.title}: ${path} ${how}`));
      done.push({ agent: agent.id, path, exact });
    }
  }
  const policy = await endPolicy(context, options);
  context.output.say(lines, { undone: done, ...(policy && { policy }) });
  context.output.note(
    'servers it moved stay behind the node too: ioi mcp list, ioi mcp remove NAME',
  );
  return undefined;
}
