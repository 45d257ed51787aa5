import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type {
  RunAsked,
  RunLeft,
  RunLooked,
  RunOpened,
  RunPortTold,
  RunRecorded,
  RunSummary,
} from '@ioi/protocol';
import type { AskedPort } from './port-keeper.ts';

/** A run that the daemon holds open as long as this is read. */
export type HeldRun = {
  readonly opened: RunOpened;
  /** Asks for a port, and holds it as long as it may be open. */
  port(port: number): AskedPort;
  summary(): Promise<RunSummary | undefined>;
  /** Has the log say what it left; undefined where it does not. */
  record(left: RunLeft): Promise<RunRecorded | undefined>;
  /** Has the log tell of commits; false where it does not. */
  commits(looked: RunLooked): Promise<boolean>;
  /** Told when the node wants to know which commits there are, and its word for it. */
  onLook(listener: (look: number) => void): void;
  close(): void;
};

/** Has the node open a door for one program. Gives why not, in words, where it does not. */
export async function openRun(socketPath: string, asked: RunAsked): Promise<HeldRun | string> {
  const headers = { 'content-type': 'application/json' };
  const about = { socketPath, path: '/v1/runs', method: 'POST', headers };
  const answer = await ask(about, JSON.stringify(asked));
  if (answer === undefined) return 'the node does not answer; ioi up --detach';
  const lines = createInterface({ input: answer });
  // That the node is gone is seen by who watches it.
  lines.on('error', () => {});
  // Lines of what is cut off have no end of their own.
  answer.on('error', () => {}).on('close', () => lines.close());
  const first = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve('{}'));
  });
  if (answer.statusCode !== 200) return `the node opens no door: ${titleIn(first)}`;
  const opened = JSON.parse(first) as RunOpened;
  return {
    opened,
    record: async (left) => {
      const path = `/v1/runs/${opened.run_id}/files`;
      const told = await ask({ socketPath, path, method: 'POST', headers }, JSON.stringify(left));
      return answerIn<RunRecorded>(told);
    },
    commits: async (looked) => {
      const path = `/v1/runs/${opened.run_id}/commits`;
      const told = await ask({ socketPath, path, method: 'POST', headers }, JSON.stringify(looked));
      told?.resume();
      return told?.statusCode === 200 || told?.statusCode === 204;
    },
    port: (port) =>
      askPort(
        { socketPath, path: `/v1/runs/${opened.run_id}/ports`, method: 'POST', headers },
        port,
      ),
    onLook: (listener) => {
      lines.on('line', (line) => {
        const look = lineIn<{ readonly look?: unknown }>(line)?.look;
        if (typeof look === 'number') listener(look);
      });
    },
    summary: async () => {
      const path = `/v1/runs/${opened.run_id}`;
      const told = await ask({ socketPath, path, method: 'GET', headers: {} });
      return answerIn<RunSummary>(told);
    },
    close: () => answer.destroy(),
  };
}

type About = {
  readonly socketPath: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
};

function ask(about: About, body?: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const asked = request(about, resolve);
    asked.on('error', () => resolve(undefined));
    asked.end(body);
  });
}

function askPort(about: About, port: number): AskedPort {
  const over = Promise.withResolvers<void>();
  let answer: IncomingMessage | undefined;
  let isClosed = false;
  const told = ask(about, JSON.stringify({ port })).then(async (coming) => {
    answer = coming;
    if (coming === undefined || isClosed) {
      coming?.destroy();
      return undefined;
    }
    const lines = createInterface({ input: coming });
    lines.on('error', () => {});
    coming
      .on('error', () => {})
      .on('close', over.resolve)
      .on('close', () => lines.close());
    const first = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve('{}'));
    });
    return lineIn<RunPortTold>(first);
  });
  const close = (): void => {
    isClosed = true;
    answer?.destroy();
  };
  return { told, over: over.promise, close };
}

/** Of a node that ended in the midst of a line it is none. */
function lineIn<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}

/** All of it is read, whatever it is: one that is left would hold this process. */
async function answerIn<T>(told: IncomingMessage | undefined): Promise<T | undefined> {
  if (told === undefined) return undefined;
  const said = await text(told).catch(() => undefined);
  return said !== undefined && told.statusCode === 200 ? (JSON.parse(said) as T) : undefined;
}

function titleIn(line: string): string {
  try {
    return String((JSON.parse(line) as { title?: unknown }).title ?? 'no reason given');
  } catch {
    return line.slice(0, 200);
  }
}
