import type { LogEntry } from '@ioi/protocol';
import type { Context, Options } from './context.ts';
import { textOption } from './context.ts';
import { usageFault } from './fault.ts';

const PAGE = 500;

export async function wholeLog({ daemon }: Context): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for (;;) {
    const after = entries.at(-1)?.seq ?? '-1';
    const page = await daemon.log({ after, limit: PAGE });
    entries.push(...page.entries);
    if (page.entries.length === 0) return entries;
  }
}

/** `--since` in Chain Time. */
export function sinceOption(options: Options): bigint | undefined {
  const given = textOption(options, 'since');
  if (given === undefined) return undefined;
  const time = Date.parse(given);
  if (Number.isNaN(time)) throw usageFault('--since takes a time such as 2026-01-31T08:00:00Z');
  return BigInt(time);
}
