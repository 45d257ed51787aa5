import { totalmem } from 'node:os';
import { PassThrough } from 'node:stream';
import { bubblewrapFor } from '../../core/sandbox/bubblewrap.ts';
import { narrowed, type RunLimits, usualLimits } from '../../core/sandbox/limits.ts';
import { type Launch, type Launched, type LaunchOptions, startGroup } from '../launch.ts';
import { limitedTo } from './limited.ts';
import { withParts } from './parts.ts';
import { probeSandbox, type SandboxMeans, type SandboxProbe } from './probe.ts';
import { relayed } from './relayed.ts';
import { planOf } from './shown.ts';
import { watchUsage } from './watch-usage.ts';

export type SandboxOptions = {
  /** What no program sees, whatever its manifest says: the node's own folders. */
  readonly hidden: readonly string[];
  /** A real trial unless given. */
  readonly probe?: () => SandboxProbe;
  /** What each program may use; what is usual for this machine unless given. */
  readonly limits?: RunLimits;
};

/** Whoever starts many programs looks at each less often. */
const LOOK_EVERY_MS = 1000;

/** Starts programs that are held to their manifest; what cannot be held is not started. */
export class Sandbox {
  readonly #options: SandboxOptions;
  #probed: SandboxProbe | undefined;

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  /** Tried once, when it is first wanted. */
  probe(): SandboxProbe {
    this.#probed ??= (this.#options.probe ?? probeSandbox)();
    return this.#probed;
  }

  readonly launch: Launch = (command, args, options) => {
    const probed = this.probe();
    if (!probed.ok) {
      const { cause, fix } = probed.refusal;
      return notStarted(`${cause}; ${fix}`);
    }
    const { hidden, limits = usualLimits(totalmem()) } = this.#options;
    const most = narrowed(limits, options.limits);
    return start({ command, args, options, hidden, limits: most, means: probed.means });
  };
}

type Starting = {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: LaunchOptions;
  readonly hidden: readonly string[];
  readonly limits: RunLimits;
  readonly means: SandboxMeans;
};

function start({ command, args, options, hidden, limits, means }: Starting): Launched {
  const { manifest } = options;
  if (manifest === undefined) return notStarted('there is no manifest');
  const relay = relayed(manifest.hosts);
  const shown = { command, args, beside: relay.beside, hidden };
  const plan = planOf(shown, { ...options, manifest });
  if (!plan.ok) {
    relay.close();
    return notStarted(plan.error);
  }
  const parts = { filter: means.filter, ...bubblewrapFor(plan.value) };
  const launched = withParts(parts, (sandbox, opened) => {
    const wrapped = [...sandbox, ...limitedTo(limits), ...relay.before, command, ...args];
    return startGroup(means.bubblewrap, wrapped, { env: {}, opened });
  });
  void launched.exited.then(relay.close);
  return watched(launched, limits);
}

/** Ended with all it started where it uses more than it may; how it ended says so. */
function watched(launched: Launched, limits: RunLimits): Launched {
  const { pid } = launched;
  if (pid === undefined) return launched;
  let excess: string | undefined;
  const onExcess = (what: string): void => {
    excess = what;
  };
  const watch = watchUsage(pid, limits, { onExcess, everyMs: LOOK_EVERY_MS });
  const exited = launched.exited.then((how) => {
    watch.close();
    return excess === undefined ? how : `it had ${excess}`;
  });
  return { ...launched, exited };
}

function notStarted(message: string): Launched {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stderr.end();
  stdout.end();
  const exited = Promise.resolve(`no sandbox: ${message}`);
  return { pid: undefined, stdin, stdout, stderr, exited, kill: () => {} };
}
