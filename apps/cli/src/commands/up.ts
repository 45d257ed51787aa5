import { quoted } from '../core/next-steps.ts';
import type { Dedicated } from '../core/service/dedicated.ts';
import { readyLine } from '../core/status-view.ts';
import { Notifier } from '../notify/notifier.ts';
import { type Command, type Context, flagOption, type Options } from '../shell/context.ts';
import { readDedicated, refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';
import { isInitialised } from '../shell/home.ts';
import { callPerson } from '../up/call-person.ts';
import { attendDedicated, superviseDedicated } from '../up/dedicated.ts';
import { startDetached } from '../up/detach.ts';
import { whenReady } from '../up/ready.ts';
import { type SuperviseOptions, supervise } from '../up/supervise.ts';

/** `ioi up [--detach]` */
export const up: Command = async (context, _args, options) => {
  const { home, output } = context;
  if (!isInitialised(home)) throw noNode(home.folder);
  const dedicated = readDedicated(home.folder);
  if (dedicated !== undefined) return upDedicated(context, dedicated, options);
  if (!flagOption(options, 'detach')) return superviseHere(context);
  const { status, pid } = await startDetached(home);
  const lines = [readyLine(status, Date.now()), `  process ${pid}; stop it with: ioi down`];
  output.say(lines, { pid, node_id: status.node_id });
  return undefined;
};

/** Of a node with accounts of its own: root starts it, for which there is a service. */
async function upDedicated(
  context: Context,
  dedicated: Dedicated,
  options: Options,
): Promise<undefined> {
  const { home, output } = context;
  const { supervisor } = dedicated.accounts;
  const uid = process.getuid?.();
  if (flagOption(options, 'attending') && uid === supervisor.uid) {
    return superviseHere(context, (about) => attendDedicated({ ...about, dedicated }));
  }
  const unit = quoted(`${supervisor.name}.service`);
  if (uid !== 0 || flagOption(options, 'detach')) {
    refuseDedicated(home.folder, `sudo systemctl start ${unit}`);
  }
  const say = (line: string): void => output.note(`ioi: ${line}`);
  await superviseDedicated({ home, dedicated, signal: untilTold(), say });
  return undefined;
}

function untilTold(): AbortSignal {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  return stop.signal;
}

async function superviseHere(
  { home, output, environment }: Context,
  run: (options: SuperviseOptions) => Promise<void> = supervise,
): Promise<undefined> {
  const signal = untilTold();
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
    await run({
      home,
      signal,
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
