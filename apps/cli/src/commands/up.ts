import { readyLine } from '../core/status-view.ts';
import { Notifier } from '../notify/notifier.ts';
import { type Command, type Context, flagOption } from '../shell/context.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';
import { isInitialised } from '../shell/home.ts';
import { callPerson } from '../up/call-person.ts';
import { startDetached } from '../up/detach.ts';
import { whenReady } from '../up/ready.ts';
import { supervise } from '../up/supervise.ts';

/** `ioi up [--detach]` */
export const up: Command = async (context, _args, options) => {
  const { home, output } = context;
  if (!isInitialised(home)) throw noNode(home.folder);
  if (!flagOption(options, 'detach')) return superviseHere(context);
  const { status, pid } = await startDetached(home);
  const lines = [readyLine(status, Date.now()), `  process ${pid}; stop it with: ioi down`];
  output.say(lines, { pid, node_id: status.node_id });
  return undefined;
};

async function superviseHere({ home, output, environment }: Context): Promise<undefined> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  const announce = async (isOver: () => boolean): Promise<void> => {
    const status = await whenReady(home, isOver);
    if (status !== undefined) output.say([readyLine(status, Date.now())], { ready: status });
  };
  const say = (line: string): void => output.note(`ioi: ${line}`);
  // Ended with the node: it must not keep this process.
  const over = new AbortController();
  const notifier = new Notifier({ home, signal: over.signal, say });
  void callPerson({ home, signal: over.signal, environment, say, notifier });
  try {
    await supervise({
      home,
      signal: stop.signal,
      onStarted: (isOver) =>
        void announce(isOver).catch((fault) => output.note(`ioi: ${messageOf(fault)}`)),
      say,
    });
  } finally {
    over.abort();
  }
  return undefined;
}

function noNode(folder: string): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'node.missing',
    message: `there is no node in ${folder}`,
    next: 'ioi init --workspace DIR',
  });
}
