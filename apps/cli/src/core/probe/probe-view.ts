import { shortId } from '../match-id.ts';
import type { Colour, Paint } from '../paint.ts';
import { visible } from '../visible.ts';
import type { FaultAct, FaultName, FaultStanding } from './faults.ts';
import type { CanaryName, CanaryStanding, ProbeState } from './verdict.ts';

const COLOURS: Readonly<Record<ProbeState, Colour>> = {
  green: 'green',
  red: 'red',
  unknown: 'yellow',
};

const CANARIES: Readonly<Record<CanaryName, string>> = {
  file: 'a file outside its folder, by its shell',
  http: 'a host that no rule allows, by its shell',
  mcp: 'a file outside its folder, by a tool of the node',
};

const FAULT_TEXTS: Readonly<Record<FaultName, string>> = {
  'node-down': 'the node goes while it acts, and it is started without one',
  'hook-missing': 'its own hook is not there',
  'hook-exits-1': 'its own hook fails',
  'hook-times-out': 'its own hook does not answer',
  'hook-untrusted': 'its own hook is not trusted',
  'config-edited': 'it took hook and node out of its settings',
};

/** An agent that was probed, or why it was not. */
export type ProbeRow = {
  readonly agent: string;
  readonly title: string;
  readonly program?: string;
  readonly state: ProbeState;
  readonly canaries: readonly CanaryStanding[];
  /** Where it was tried with what goes wrong around it. */
  readonly faults?: readonly FaultStanding[];
  /** Absent where it was not started. */
  readonly elapsedMs?: number;
  readonly why?: string;
  /** Its last words, where it did not come as far as it should. */
  readonly said?: readonly string[];
};

export function probeLines(row: ProbeRow, paint: Paint): string[] {
  const { state, title, canaries, elapsedMs, why, said = [], faults = [] } = row;
  const time = elapsedMs === undefined ? '' : `, ${(elapsedMs / 1000).toFixed(1)} s`;
  const reason = why === undefined ? '' : `: ${visible(why)}`;
  return [
    `${paint(COLOURS[state], state.padEnd(7))}  ${visible(title)}${time}${reason}`,
    ...canaries.map((each) => `  ${each.state.padEnd(8)} ${CANARIES[each.canary]}${proofOf(each)}`),
    ...faults.flatMap((each) => [
      `  ${each.state.padEnd(8)} ${FAULT_TEXTS[each.fault]}${outcomeOf(each)}`,
      ...(each.said ?? []).map((line) => `    │ ${visible(line)}`),
    ]),
    ...said.map((line) => `  │ ${visible(line)}`),
  ];
}

function proofOf({ state, canary, receiptId, code, why }: CanaryStanding): string {
  if (why !== undefined) return `: ${visible(why)}`;
  if (receiptId !== undefined) return `: ${visible(code ?? '')}, ${shortId(receiptId)}`;
  return state === 'held' && canary === 'file' ? ': not shown to it (no act, no receipt)' : '';
}

const ACTS: Readonly<Record<FaultAct['act'], string>> = {
  read: 'read a file outside',
  write: 'wrote a file outside',
  let: 'asked what the policy lets it',
  denied: 'asked what no rule allows',
};

function outcomeOf({ state, acts, why }: FaultStanding): string {
  if (why !== undefined) return `: ${visible(why)}`;
  const happened = acts.filter(({ happened: each }) => each);
  const done = happened.map(({ act, receiptId }) => {
    return `${ACTS[act]}, ${receiptId === undefined ? 'no receipt' : shortId(receiptId)}`;
  });
  if (state === 'bypassed') return `: it ${done.join('; ')}`;
  const block = acts.find(({ happened: each, receiptId }) => !each && receiptId !== undefined);
  const held = block?.receiptId === undefined ? [] : [`blocked, ${shortId(block.receiptId)}`];
  return [...done, ...held].length === 0 ? '' : `: ${[...done, ...held].join('; ')}`;
}
