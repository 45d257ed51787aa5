import type { Socket } from 'node:net';
import type { Json } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';
import { hearLines, parsed } from './lines.ts';

/** What a shell was given to do, and where. */
export type CommandAct = { readonly command: string; readonly cwd: string };

/** The shell that asks, while it waits. */
export type CommandAsking = {
  /** It is gone. */
  readonly signal: AbortSignal;
  /** Has it do this, and gives what it says came of it: `{ended}` or `{not_started}`. */
  readonly run: (act: CommandAct) => Promise<Json | undefined>;
  /** A person has to approve it first. */
  readonly onPending: (requestHash: string) => void;
};

/** Why nothing was done, for whoever reads what a shell says. */
export type CommandAnswer =
  | { readonly kind: 'done'; readonly receipt_id?: string }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly title: string;
      readonly receipt_id?: string;
      readonly rule_id?: string;
    };

/** The port to the daemon; it never rejects. */
export type CommandBackend = {
  act(act: CommandAct, asking: CommandAsking): Promise<CommandAnswer>;
  /** What could not be read as one, for a receipt. */
  refuse(raw: string): Promise<CommandAnswer>;
};

/**
 * One connection of a shell that asks before it does something: one line of JSON each way for what
 * it was given, for what it is to do, and for what came of it.
 */
export function acceptCommand(socket: Socket, backend: CommandBackend): void {
  const { line, signal, say } = hearLines(socket);
  const asking: CommandAsking = {
    signal,
    onPending: (request_hash) => say({ waits: request_hash }),
    run: async ({ command, cwd }) => {
      say({ run: { command, cwd } });
      return parsed(await line());
    },
  };
  void answer(line, backend, asking).then((answered) => {
    if (answered !== undefined) socket.end(`${JSON.stringify(answered)}\n`);
    else socket.destroy();
  });
}

async function answer(
  line: () => Promise<string | undefined>,
  backend: CommandBackend,
  asking: CommandAsking,
): Promise<CommandAnswer | undefined> {
  const first = await line();
  if (first === undefined) return undefined;
  const act = actIn(parsed(first));
  return act === undefined ? backend.refuse(first) : backend.act(act, asking);
}

/** What is to be done, in the shape of a question; undefined of anything else. */
export function actIn(told: Json | undefined): CommandAct | undefined {
  if (!isObject(told)) return undefined;
  const { command, cwd, ...more } = told;
  if (Object.keys(more).length > 0) return undefined;
  if (typeof command !== 'string' || typeof cwd !== 'string') return undefined;
  // A shell ends its text there, and would do less than was decided.
  if (command.includes('\0') || !cwd.startsWith('/') || cwd.includes('\0')) return undefined;
  return { command, cwd };
}
