import { PassThrough } from 'node:stream';
import { bubblewrapFor } from '../../core/sandbox/bubblewrap.ts';
import { type Launch, type Launched, type LaunchOptions, startGroup } from '../launch.ts';
import { withParts } from './parts.ts';
import { probeSandbox, type SandboxMeans, type SandboxProbe } from './probe.ts';
import { relayed } from './relayed.ts';
import { planOf } from './shown.ts';

export type SandboxOptions = {
  /** What no program sees, whatever its manifest says: the node's own folders. */
  readonly hidden: readonly string[];
  /** A real trial unless given. */
  readonly probe?: () => SandboxProbe;
};

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
    const { hidden } = this.#options;
    return start({ command, args, options, hidden, means: probed.means });
  };
}

type Starting = {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: LaunchOptions;
  readonly hidden: readonly string[];
  readonly means: SandboxMeans;
};

function start({ command, args, options, hidden, means }: Starting): Launched {
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
    const wrapped = [...sandbox, ...relay.before, command, ...args];
    return startGroup(means.bubblewrap, wrapped, { env: {}, opened });
  });
  void launched.exited.then(relay.close);
  return launched;
}

function notStarted(message: string): Launched {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stderr.end();
  stdout.end();
  const exited = Promise.resolve(`no sandbox: ${message}`);
  return { pid: undefined, stdin, stdout, stderr, exited, kill: () => {} };
}
