import { spawn } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsIn } from '@ioi/frames';
import { type ApprovalCall, approvalCallIn, desktopNotice } from '../core/approval-call.ts';
import { shortId } from '../core/match-id.ts';
import { noticeOf } from '../core/notice.ts';
import type { Notifier } from '../notify/notifier.ts';
import { findSockets, type Home } from '../shell/home.ts';
import { openStream } from '../shell/local-http.ts';

export type Calling = {
  readonly home: Home;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** Tells those who are elsewhere. */
  readonly notifier: Pick<Notifier, 'tell'>;
};

const RETRY_MS = 1_000;
/** A flood of requests is one call for the person. */
const QUIET_MS = 2_000;
const BELL = '\u0007';

/** Tells the person at this machine, at once, of every request that begins to wait. */
export async function callPerson(calling: Calling): Promise<void> {
  const { home, signal } = calling;
  const heard = { cursor: 0, lastNotice: -QUIET_MS };
  while (!signal.aborted) {
    try {
      await follow(await eventsAfter(home, heard.cursor, signal), calling, heard);
    } catch {
      // The node is away or starting: its next life counts its events from one.
      heard.cursor = 0;
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

type Heard = { cursor: number; lastNotice: number };

async function eventsAfter(home: Home, after: number, signal: AbortSignal) {
  const path = `/v1/events?after=${after}`;
  const socket = findSockets(home).daemon;
  const stream = await openStream({ socket, method: 'GET', path, timeoutMs: 0 });
  signal.addEventListener('abort', () => stream.destroy(), { once: true });
  if (signal.aborted) stream.destroy();
  return stream;
}

async function follow(stream: IncomingMessage, calling: Calling, heard: Heard): Promise<void> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const { events, rest } = eventsIn(text + (chunk as string));
    text = rest;
    for (const { id, event, data } of events) {
      heard.cursor = Number(id) || heard.cursor;
      const call = approvalCallIn(event, data);
      if (call === undefined) continue;
      const now = performance.now();
      announce(call, calling, now - heard.lastNotice >= QUIET_MS);
      heard.lastNotice = now;
    }
  }
}

function announce(call: ApprovalCall, calling: Calling, isLoud: boolean): void {
  const { say, environment, notifier } = calling;
  notifier.tell(noticeOf(call));
  const { target, agent, requestHash } = call;
  const next = `ioi approve ${shortId(requestHash)}`;
  say(`${agent} waits for you: ${target}; ${next}`);
  if (!isLoud) return;
  if (process.stderr.isTTY) process.stderr.write(BELL);
  const words = { title: 'An agent waits for you', body: `${target} (${agent}): ${next}` };
  const desktop = desktopNotice(process.platform, environment, words);
  if (desktop === undefined) return;
  const child = spawn(desktop.command, [...desktop.args], { stdio: 'ignore', detached: true });
  // Not installed, or no desktop after all: the line above was said.
  child.on('error', () => {});
  child.unref();
}
