import { shortId } from '../match-id.ts';
import type { Colour, Paint } from '../paint.ts';
import { visible } from '../visible.ts';
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

/** An agent that was probed, or why it was not. */
export type ProbeRow = {
  readonly agent: string;
  readonly title: string;
  readonly program?: string;
  readonly state: ProbeState;
  readonly canaries: readonly CanaryStanding[];
  /** Absent where it was not started. */
  readonly elapsedMs?: number;
  readonly why?: string;
  /** Its last words, where it did not come as far as it should. */
  readonly said?: readonly string[];
};

export function probeLines(row: ProbeRow, paint: Paint): string[] {
  const { state, title, canaries, elapsedMs, why, said = [] } = row;
  const time = elapsedMs === undefined ? '' : `, ${(elapsedMs / 1000).toFixed(1)} s`;
  const reason = why === undefined ? '' : `: ${visible(why)}`;
  return [
    `${paint(COLOURS[state], state.padEnd(7))}  ${visible(title)}${time}${reason}`,
    ...canaries.map((each) => `  ${each.state.padEnd(8)} ${CANARIES[each.canary]}${proofOf(each)}`),
    ...said.map((line) => `  │ ${visible(line)}`),
  ];
}

function proofOf({ state, canary, receiptId, code, why }: CanaryStanding): string {
  if (why !== undefined) return `: ${visible(why)}`;
  if (receiptId !== undefined) return `: ${visible(code ?? '')}, ${shortId(receiptId)}`;
  return state === 'held' && canary === 'file' ? ': not shown to it (no act, no receipt)' : '';
}
