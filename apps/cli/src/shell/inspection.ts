import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { InspectionLine, InspectionResult } from '@ioi/protocol';
import { type Context, needNode } from './context.ts';
import { CommandFault } from './fault.ts';
import { entries } from './installation.ts';
import { withProgress } from './progress.ts';

export type InspectionOptions = {
  readonly domain?: string;
  readonly to?: number;
  readonly isLogOnly?: boolean;
};

type Result<K extends InspectionResult['of']> = Extract<InspectionResult, { of: K }>;
type Last = Extract<InspectionLine, { kind: 'result' | 'refused' }>;

/** Looks into the node's data in a process that reads it; the node may be down. */
export async function inspect<K extends InspectionResult['of']>(
  { home, output }: Context,
  command: K,
  options: InspectionOptions,
): Promise<Result<K>> {
  needNode(home);
  const last = await withProgress(output, command, async (tell) => {
    const words = [entries.inspect, command, home.folder, JSON.stringify(options)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = text(child.stderr);
    const ended = once(child, 'exit');
    let result: Last | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const read = JSON.parse(line) as InspectionLine;
      if (read.kind === 'progress') tell(read.done, read.of);
      else if (read.kind !== 'found') result = read;
    }
    await ended;
    return result ?? failed(await said);
  });
  if (last.kind === 'refused') throw refused(last);
  return last.value as Result<K>;
}

function refused({ code, message }: Extract<Last, { kind: 'refused' }>): CommandFault {
  const isUsage = code === 'domain.unknown' || code === 'log.not_that_long';
  const next = isUsage ? 'ioi domain list' : 'ioi agentgres doctor';
  return new CommandFault({ exit: isUsage ? 'usage' : 'unverified', code, message, next });
}

function failed(said: string): never {
  throw new CommandFault({
    exit: 'unexpected',
    code: 'inspection.ended',
    message: 'the process that reads the data ended without a result',
    lines: said.trimEnd().split('\n').slice(-8),
  });
}
