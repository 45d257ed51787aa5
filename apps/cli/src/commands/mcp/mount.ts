import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerStatus } from '@ioi/protocol';
import type { ServerEntry } from '../../core/mcp-servers.ts';
import type { Context } from '../../shell/context.ts';
import { isUnreachable, usageFault } from '../../shell/fault.ts';
import { mountedTools } from '../../shell/mounted-tools.ts';
import { NodeConfigEditor } from '../../shell/node-config.ts';
import { contractsIn } from '../contract.ts';

/**
 * Adds servers to node.json, each with drafted contracts, and says how they are now; undefined when
 * no node runs, which then mounts them when it starts.
 */
export async function mountServers(
  entries: readonly ServerEntry[],
  context: Context,
): Promise<readonly ServerStatus[] | undefined> {
  const editor = new NodeConfigEditor(context.home);
  const taken = entries.find(({ name }) => editor.servers.some((each) => each.name === name));
  if (taken) throw usageFault(`${taken.name} is mounted already`, `ioi mcp remove ${taken.name}`);
  const statuses = await changeServers(editor, [...editor.servers, ...entries], context);
  if (statuses === undefined) return undefined;
  const drafted = await Promise.all(entries.map((entry) => withContracts(entry, context)));
  // Read anew: somebody else may have changed it meanwhile.
  const again = new NodeConfigEditor(context.home);
  const servers = again.servers.map(
    (each) => drafted.find(({ name }) => name === each.name) ?? each,
  );
  const after = await changeServers(again, servers, context);
  return (after ?? statuses).filter(({ name }) => entries.some((each) => each.name === name));
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
export async function changeServers(
  editor: NodeConfigEditor,
  servers: readonly ServerEntry[],
  context: Context,
): Promise<readonly ServerStatus[] | undefined> {
  editor.write(servers);
  try {
    const { servers: statuses } = await context.daemon.reloadServers();
    return statuses.some(waitsForEdge) ? await whenEdgeRuns(context, statuses) : statuses;
  } catch (fault) {
    if (isUnreachable(fault)) return undefined;
    if (!editor.undo()) {
      context.output.note('node.json was changed by somebody else meanwhile, so it stays as it is');
    }
    throw fault;
  }
}

const EDGE_MS = 20_000;
const POLL_MS = 100;

/** The first server with a credential has the node start again, with an edge. */
async function whenEdgeRuns(
  { daemon, output }: Context,
  statuses: readonly ServerStatus[],
): Promise<readonly ServerStatus[]> {
  output.note('the node starts again to get its edge: the process that sends with credentials');
  for (const end = performance.now() + EDGE_MS; performance.now() < end; ) {
    await sleep(POLL_MS);
    const now = await daemon.mcp().catch(() => undefined);
    if (now && !now.servers.some(waitsForEdge)) return now.servers;
  }
  return statuses;
}

function waitsForEdge({ state, detail }: ServerStatus): boolean {
  return state === 'unreachable' && detail?.startsWith('edge.missing') === true;
}
