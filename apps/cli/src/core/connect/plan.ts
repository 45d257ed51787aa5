import { ok, type Result } from '@ioi/basis';
import { type ServerEntry, serversIn } from '../mcp-servers.ts';
import { type Agent, NODE_NAME, type NodeCommand, startsNode } from './agents.ts';
import { type EditError, serversTable, withServers } from './edit-servers.ts';

export type Plan = {
  /** The agent's settings as they will be. */
  readonly text: string;
  /** What the node starts in the agent's place, by the agent's names for them. */
  readonly moved: ReadonlyMap<string, ServerEntry>;
  /** Why others stay with the agent, where no rule of the node bounds them. */
  readonly stays: readonly string[];
  readonly notes: readonly string[];
};

export type PlanOptions = {
  readonly node: NodeCommand;
  /** What the node mounts already. */
  readonly mounted: readonly ServerEntry[];
  /** Leave the agent's own servers where they are. */
  readonly keep: boolean;
};

/** What putting the node before an agent's servers comes to. */
export function planConnection(
  agent: Agent,
  text: string,
  { node, mounted, keep }: PlanOptions,
): Result<Plan, EditError> {
  const table = serversTable(text, agent);
  if (!table.ok) return table;
  const moved = new Map<string, ServerEntry>();
  const stays: string[] = [];
  const notes: string[] = [];
  for (const [name, entry] of Object.entries(table.value)) {
    if (startsNode(entry, node.env['IOI_HOME'] ?? '')) continue;
    const why = keep ? 'you keep it there' : whyItStays(entry);
    const read = why === undefined ? serversIn({ servers: { [name]: asUsual(entry) } }) : undefined;
    const [server] = read?.servers ?? [];
    if (server === undefined) {
      stays.push(`${name} stays: ${why ?? (read?.notes ?? []).join('; ')}`);
    } else {
      moved.set(name, named(server, agent.id, [...mounted, ...moved.values()]));
      notes.push(...(read?.notes ?? []));
    }
  }
  const put = { [NODE_NAME]: agent.entry(node) };
  const after = withServers(text, agent, { remove: [...moved.keys()], put });
  return after.ok ? ok({ text: after.value, moved, stays, notes }) : after;
}

/** Whether the node mounts exactly this already, for another agent. */
export function isMounted(server: ServerEntry, mounted: readonly ServerEntry[]): boolean {
  return mounted.some((each) => each.name === server.name && isSame(each, server));
}

function isSame(one: ServerEntry, other: ServerEntry): boolean {
  return spelt(one) === spelt(other);
}

function spelt({ command, args, env, url, transport, workspace_root: root }: ServerEntry): string {
  return JSON.stringify([command, args ?? [], env ?? {}, url, transport, root]);
}

/** Two servers of one name are told apart by whose they were. */
function named(server: ServerEntry, agent: string, taken: readonly ServerEntry[]): ServerEntry {
  const rivals = new Set(taken.filter((each) => !isSame(each, server)).map(({ name }) => name));
  const names = [server.name, `${server.name}-${agent}`];
  const free = names.find((name) => !rivals.has(name));
  let count = 2;
  while (rivals.has(`${server.name}-${count}`)) count += 1;
  return { ...server, name: free ?? `${server.name}-${count}` };
}

function whyItStays(entry: unknown): string | undefined {
  const {
    headers,
    http_headers: http,
    env_http_headers: fromEnvironment,
  } = (entry ?? {}) as {
    readonly [name: string]: unknown;
  };
  const { bearer_token_env_var: bearer } = (entry ?? {}) as { readonly [name: string]: unknown };
  const hasHeaders = [headers, http, fromEnvironment].some((each) => isFilled(each));
  if (!hasHeaders && bearer === undefined) return undefined;
  return 'its headers may hold a secret; ioi mcp add NAME --url URL, then ioi mcp secret set NAME';
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** opencode has the command with its arguments in one list, and calls the environment so. */
function asUsual(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const { command, environment, ...rest } = entry as Readonly<Record<string, unknown>>;
  if (!Array.isArray(command)) return entry;
  const [program, ...args] = command;
  return { ...rest, command: program, args, env: environment ?? {} };
}
