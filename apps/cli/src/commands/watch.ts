import { setTimeout as sleep } from 'node:timers/promises';
import { eventsIn, type StreamEvent } from '@ioi/frames';
import type { SubscriptionEvents } from '@ioi/protocol';
import type { ExitName } from '../core/exit-codes.ts';
import { rowLine, shortName } from '../core/row-view.ts';
import { type Command, type Context, textOption } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';
import type { Subscribing } from '../shell/node-api.ts';
import { findProjection, whereFor } from './query.ts';

const RETRY_MS = 500;
/** What a node says that is there and not ready for a while. */
const NOT_YET = ['projection.unknown', 'subscription.ahead', 'witness.required'];

type Watching = Omit<Subscribing, 'resume'> & { resume: string | undefined };

/** `ioi watch PROJECTION [--domain D]`: rows as they are and change, through restarts. */
export const watch: Command = async (context, [name = ''], options) => {
  const domain = textOption(options, 'domain');
  const listed = await findProjection(context, name, domain);
  const where = whereFor(listed, options);
  const watching: Watching = { domain, projection: listed.projection, where, resume: undefined };
  let isAway = false;
  for (;;) {
    try {
      const exit = await follow(context, watching, () => {
        if (isAway) context.output.note('the node is back');
        isAway = false;
      });
      if (exit !== undefined) return exit;
    } catch (fault) {
      if (!isWorthWaiting(fault)) throw fault;
      await stillThere(context, name, domain);
    }
    if (!isAway) context.output.note('the node is away; waiting for it');
    isAway = true;
    await sleep(RETRY_MS);
  }
};

/** Throws when the node answers and has no such projection any more. */
async function stillThere(context: Context, name: string, domain?: string): Promise<void> {
  try {
    await findProjection(context, name, domain);
  } catch (fault) {
    if (!isWorthWaiting(fault)) throw fault;
  }
}

/** Before it is ready, a node that starts again has no socket, or no rows yet. */
function isWorthWaiting(fault: unknown): boolean {
  if (!(fault instanceof CommandFault)) return false;
  const { exit, code } = fault.about;
  return exit === 'unreachable' || NOT_YET.includes(code);
}

async function follow(
  context: Context,
  watching: Watching,
  onOpen: () => void,
): Promise<ExitName | undefined> {
  const stream = await context.daemon.subscribe(watching);
  onOpen();
  let text = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) {
      const { events, rest } = eventsIn(text + (chunk as string));
      text = rest;
      for (const event of events) {
        if (event.id !== '') watching.resume = event.id;
        const exit = show(context, watching, event);
        if (exit !== undefined) return exit;
      }
    }
  } catch {
    // A connection that breaks is one that ended: what was told is resumed from.
  }
  return undefined;
}

function show(
  { output }: Context,
  { projection }: Watching,
  event: StreamEvent,
): ExitName | undefined {
  const { data } = event;
  const isFault = event.event === 'fault';
  if (output.json)
    output.raw(`${JSON.stringify({ event: event.event, id: event.id, data: JSON.parse(data) })}\n`);
  else if (isFault)
    output.note(`the log of ${shortName(projection)} is not the one it was: ${data}`);
  else if (event.event === 'rebase') output.note('the rows are read anew');
  else for (const line of linesOf(event)) output.say([line], undefined);
  return isFault ? 'unverified' : undefined;
}

function linesOf({ event, data }: StreamEvent): string[] {
  if (event === 'snapshot') {
    const { rows } = JSON.parse(data) as SubscriptionEvents['snapshot'];
    return rows.map((row) => `= ${rowLine(row)}`);
  }
  if (event !== 'delta') return [];
  const { put, remove } = JSON.parse(data) as SubscriptionEvents['delta'];
  return [...put.map((row) => `+ ${rowLine(row)}`), ...remove.map((key) => `- ${rowLine(key)}`)];
}
