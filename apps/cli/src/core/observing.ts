import { printChainTime } from '@ioi/law';

/** As the head of a policy has it. */
type Mode = { readonly mode?: 'observe'; readonly observe_until?: string };

/** `OBSERVING`, with its end where it has one; undefined where the rules decide at this time. */
export function observingText(
  { mode, observe_until: until }: Mode,
  now: number,
): string | undefined {
  if (mode !== 'observe') return undefined;
  if (until === undefined) return 'OBSERVING';
  return now < Number(until) ? `OBSERVING until ${printChainTime(BigInt(until))}` : undefined;
}
