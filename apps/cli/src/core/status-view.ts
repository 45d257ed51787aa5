import { printChainTime } from '@ioi/law';
import type { NodeStatus, WitnessStatus } from '@ioi/protocol';
import { observingText } from './observing.ts';
import { organisationText } from './organisation-view.ts';
import type { Paint } from './paint.ts';
import { proposalText } from './proposal-view.ts';
import { clipped, visible } from './visible.ts';

type StatusSeen = {
  readonly home: string;
  readonly now: number;
  /** What was found of the isolation from here, where that was tried. */
  readonly here?: string | undefined;
};

/** The node in a few lines, and what to do next when something is missing. */
export function statusView(
  status: NodeStatus,
  { home, now, here }: StatusSeen,
  paint: Paint,
): string[] {
  const { log, open, policy, organisation } = status;
  const demo = status.demo ? paint('yellow', ' (demo: its receipts say so)') : '';
  const lines = [
    `${paint('green', 'up')}  ${visible(status.node_id)}${demo}`,
    `  home       ${visible(home)}`,
    `  version    ${visible(status.version)}`,
    `  isolation  ${visible(status.isolation_tier)}${here === undefined ? '' : `, ${here}`}`,
    `  log        ${log.size} entries${log.cosigned ? '' : ', the newest not yet cosigned'}`,
    `  policy     ${policyText(policy, now)}`,
    ...proposed(status),
    ...(organisation ? [`  bounded by ${organisationText(organisation)}`] : []),
    ...held(status, paint),
    `  sessions   ${status.sessions}`,
    `  open       ${open.pending} waiting for a person, ${open.committed} running`,
    `  unknown    ${open.unknown} whose effect may have happened`,
  ];
  lines.push(...status.witnesses.map((each) => `  witness    ${witnessText(each)}`));
  for (const server of status.servers) {
    const count = server.tools.filter(({ code }) => code === undefined).length;
    const tools = `${count} of ${server.tools.length} tools have a contract`;
    const state = server.state === 'ready' ? tools : clipped(server.detail ?? '', 120);
    lines.push(`  server     ${visible(server.name)}: ${server.state}, ${state}`);
  }
  const { disk_warning: warning } = status;
  if (warning !== undefined) {
    lines.push(`  ${paint('yellow', `disk       ${visible(warning)}; ioi data show`)}`);
  }
  if (status.servers.length === 0) lines.push('  server     none is mounted in node.json');
  return lines;
}

function proposed({ proposal }: NodeStatus): string[] {
  const text = proposalText(proposal);
  if (text === undefined) return [];
  return [`  proposal   ${text}${proposal?.proposed ? '; ioi policy proposal' : ''}`];
}

/** What a person keeps from asking: it would be looked for in the policy otherwise. */
function held({ stopped, paused, glass_broken = [] }: NodeStatus, paint: Paint): string[] {
  const lift = 'ioi agents resume --all lifts it';
  const names = clipped(paused.join(', '), 120);
  return [
    ...(stopped ? [`  ${paint('red', 'STOPPED')}    everything is refused; ${lift}`] : []),
    ...(paused.length > 0 ? [`  paused     ${names}; ${lift}`] : []),
    ...glass_broken.map(({ subject, reason, expires }) => {
      const until = printChainTime(BigInt(expires));
      const said = `${subject} broke the glass and acts as owner until ${until}: ${reason}`;
      return `  ${paint('red', 'GLASS')}      ${visible(said)}`;
    }),
  ];
}

/** A witness of a log: how much it cosigned, or why it did not. */
export function witnessText(witness: WitnessStatus): string {
  const { name, required, state, size, code, detail, seen } = witness;
  const kind = required ? ', required' : '';
  const last = seen === undefined ? [] : [`${size} entries at ${seen}`];
  const why = state === 'cosigned' ? [] : [clipped(`${code}: ${detail}`, 120)];
  const before = state === 'cosigned' ? last : last.map((each) => `last ${each}`);
  return `${visible(name)}${kind}: ${[state.replace('_', ' '), ...why, ...before].join(', ')}`;
}

function policyText(policy: NodeStatus['policy'], now: number): string {
  if (policy === undefined) return 'none active: everything is denied';
  const { policy_id: id, version, policy_hash: hash } = policy;
  const mode = observingText(policy, now);
  const observing = mode === undefined ? '' : `${mode}, only BLOCK rules hold: `;
  return visible(`${observing}${id} version ${version}, ${hash}`);
}

/** The line that says the node is there. */
export function readyLine(status: NodeStatus, now: number): string {
  const { node_id: id, policy, servers } = status;
  const tools = servers.flatMap((server) => server.tools).filter(({ code }) => code === undefined);
  const names = servers.map(({ name, state }) => (state === 'ready' ? name : `${name} (${state})`));
  const mounted = names.length === 0 ? 'no server' : `${names.join(', ')}: ${tools.length} tools`;
  const mode = policy && observingText(policy, now);
  const observing = mode === undefined ? '' : ` (${mode})`;
  const rules = policy === undefined ? 'no policy' : `policy ${policy.policy_id}${observing}`;
  return visible(`ioi is up: ${id}, ${mounted}, ${rules}`);
}
