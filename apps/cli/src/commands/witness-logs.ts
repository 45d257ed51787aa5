import { logFindings, stateOf, type WatchedLog } from '../core/audit/log-findings.ts';
import { tabbed, table } from '../core/columns.ts';
import type { ExitName } from '../core/exit-codes.ts';
import { readTimeSpan } from '../core/time-span.ts';
import { visible } from '../core/visible.ts';
import { type Command, flagOption, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { readVersion } from '../shell/installation.ts';
import { askWitness } from '../shell/witness-process.ts';

type Logs = { readonly name: string; readonly logs: readonly WatchedLog[] };

const COLUMNS = [
  { title: 'LOG', most: 60 },
  { title: 'STATE', most: 8 },
  { title: 'ENTRIES', most: 12 },
  { title: 'GREW', most: 24 },
  { title: 'CONTRADICTED', most: 24 },
];

/** `ioi witness logs --data FOLDER`: which of many nodes are quiet, and whose log was forked. */
export const witnessLogs: Command = async ({ output }, _args, options) => {
  const quietAfter = textOption(options, 'quietAfter') ?? '';
  const span = readTimeSpan(quietAfter);
  if (span === undefined) throw usageFault(`--quiet-after takes 90s, 5m or 36h, not ${quietAfter}`);
  const { name, logs } = await askWitness<Logs>(['logs', textOption(options, 'data') ?? '']);
  const quietSince = Math.floor((Date.now() - Number(span)) / 1000);
  if (flagOption(options, 'ocsf')) {
    const found = logFindings(logs, { name, version: readVersion(), quietSince });
    for (const each of found) process.stdout.write(`${JSON.stringify(each)}\n`);
  } else {
    const rows = logs.map((log) => [
      visible(log.origin),
      stateOf(log, quietSince),
      String(log.size),
      timeText(log.seen),
      log.contradiction === undefined ? '' : timeText(log.contradiction.at),
    ]);
    const lines = output.plain ? tabbed(rows) : table(COLUMNS, rows);
    const told = logs.map((log) => ({ ...log, state: stateOf(log, quietSince) }));
    output.say(rows.length === 0 ? ['nothing was cosigned yet'] : lines, { name, logs: told });
  }
  return exitOf(logs.map((log) => stateOf(log, quietSince)));
};

/** A log that says two things outweighs one that says nothing. */
function exitOf(states: readonly string[]): ExitName | undefined {
  if (states.some((state) => state === 'forked' || state === 'unproven')) return 'unverified';
  return states.includes('quiet') ? 'unreachable' : undefined;
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
