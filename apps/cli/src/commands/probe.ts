import { AGENTS } from '../core/connect/agents.ts';
import { FAULTS, type FaultName, stateOfFaults } from '../core/probe/faults.ts';
import { type ProbeRow, probeLines } from '../core/probe/probe-view.ts';
import {
  type DemoNode,
  demoFolder,
  removeDemo,
  startDemoNode,
  stopDemoNode,
} from '../demo/stage.ts';
import { agentAt, type FoundAgent, findAgents } from '../probe/place-agent.ts';
import { probeAgent } from '../probe/probe-agent.ts';
import { MODEL_RULE, type ProbeBed } from '../probe/start-agent.ts';
import { FAULT_RULE, tryFaults } from '../probe/try-faults.ts';
import { type Command, type Context, listOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { noteUpkeep } from '../shell/upkeep.ts';

/** `ioi doctor --probe [AGENT…]`: makes agents try what must not happen, on a node of its own. */
export const probe: Command = async (context, names, options) => {
  const named = listOption(options, 'agent').map(agentAt);
  const chosen = chosenAgents(context, names, named);
  const faults = chosenFaults(listOption(options, 'fault'));
  const folder = demoFolder(undefined);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort());
  }
  const rows: ProbeRow[] = [];
  try {
    const node = await startDemoNode(folder, [
      MODEL_RULE,
      ...(faults.length > 0 ? [FAULT_RULE] : []),
    ]);
    await needSandbox(node);
    for (const found of chosen) {
      if (stop.signal.aborted) break;
      const row = await probeWhole({ node, signal: stop.signal }, found, faults);
      rows.push(row);
      if (!context.output.json) context.output.say(probeLines(row, context.output.paint), row);
    }
  } finally {
    await stopDemoNode(folder);
    removeDemo(folder);
  }
  if (context.output.json) context.output.say([], { agents: rows });
  const agents = rows.map(({ agent, title, state }) => ({ agent, title, state }));
  noteUpkeep(context.home, 'probe', { made_at: new Date().toISOString(), agents });
  // Called off, it is no proof of those that were not reached.
  return !stop.signal.aborted && isHeld(rows, names) ? undefined : 'unverified';
};

/** With what goes wrong around it, where that is asked for. */
async function probeWhole(
  bed: ProbeBed,
  found: FoundAgent,
  chosen: readonly FaultName[],
): Promise<ProbeRow> {
  const row = await probeAgent(bed, found);
  if (chosen.length === 0 || row.elapsedMs === undefined) return row;
  const faults = await tryFaults(bed, found, chosen);
  const states = [row.state, stateOfFaults(faults)];
  const state = ORDER.find((each) => states.includes(each)) ?? 'unknown';
  return { ...row, state, faults };
}

/** The worst first. */
const ORDER = ['red', 'unknown', 'green'] as const;

function chosenFaults(named: readonly string[]): readonly FaultName[] {
  const unknown = named.find((name) => name !== 'all' && !FAULTS.some((each) => each === name));
  if (unknown !== undefined) {
    const known = ['all', ...FAULTS].join(', ');
    throw usageFault(`no fault is called ${unknown}: ${known}`, 'ioi doctor --help');
  }
  return FAULTS.filter((each) => named.includes(each) || named.includes('all'));
}

/** What cannot be probed is no proof of anything, and a fault only where it was asked for. */
function isHeld(rows: readonly ProbeRow[], names: readonly string[]): boolean {
  const judged = rows.filter(({ agent, elapsedMs }) => {
    return elapsedMs !== undefined || names.includes(agent);
  });
  return judged.length > 0 && judged.every(({ state }) => state === 'green');
}

function chosenAgents(
  { environment }: Context,
  names: readonly string[],
  named: readonly FoundAgent[],
): readonly FoundAgent[] {
  const unknown = names.find((name) => AGENTS.every(({ id }) => id !== name));
  if (unknown !== undefined) throw usageFault(`no agent is called ${unknown}`, 'ioi connect');
  const found = findAgents(environment);
  const missing = names.find((name) => found.every(({ agent }) => agent.id !== name));
  if (missing !== undefined) {
    throw usageFault(`${missing} is not in PATH`, 'ioi doctor --probe --agent PATH');
  }
  const chosen = found.filter(({ agent }) => names.includes(agent.id));
  const all = names.length === 0 && named.length === 0 ? found : [...chosen, ...named];
  if (all.length > 0) return all;
  const message = 'no agent that it knows is in PATH: nothing was probed';
  const next = 'ioi doctor --probe --agent PATH';
  throw new CommandFault({ exit: 'unverified', code: 'probe.no_agent', message, next });
}

async function needSandbox({ daemon }: DemoNode): Promise<void> {
  const { available, cause, fix } = await daemon.sandbox();
  if (available) return;
  throw new CommandFault({
    exit: 'unverified',
    code: 'probe.no_sandbox',
    message: `no sandbox on this machine, so nothing was probed: ${cause ?? 'no reason given'}`,
    next: fix ?? 'ioi mcp sandbox',
  });
}
