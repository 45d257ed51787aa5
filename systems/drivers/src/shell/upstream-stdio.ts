import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './act.ts';
import { shakeHands } from './handshake.ts';
import { type Launch, launchPlainly, type ServerManifest } from './launch.ts';
import { type Dialer, McpUpstream, type UpstreamBounds } from './mcp-upstream.ts';
import { type Orphan, OrphanRecord } from './orphans.ts';
import { ServerProcess } from './server-process.ts';
import { type Era, type Notice, type Upstream, UpstreamFault } from './upstream.ts';
import type { Wire } from './wire.ts';

export type StdioUpstreamOptions = UpstreamBounds & {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the server; see `minimalEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  readonly launch?: Launch;
  /** Handed to `launch` as it is. */
  readonly manifest?: ServerManifest;
  /**
   * A folder to remember the server's process in, so that one that outlived a crash of ours is
   * ended before anything relies on its being gone. Without it that is never known.
   */
  readonly recordFolder?: string;
  /** Found out where it is not known. */
  readonly era?: Era;
  readonly handshakeMs?: number;
  readonly probeMs?: number;
};

const HANDSHAKE_MS = 30_000;
const PROBE_MS = 5_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;

/** An MCP server over its standard streams, of either era. */
export function stdioUpstream(options: StdioUpstreamOptions): Upstream {
  return new McpUpstream(new StdioDialer(options), options);
}

class StdioDialer implements Dialer {
  readonly name: string;
  readonly #options: StdioUpstreamOptions;
  readonly #record: OrphanRecord;
  #latest: ServerProcess | undefined;
  #failures = 0;
  /** What the server turned out to be; the same program is not asked again. */
  #era: Era | undefined;
  /** Of the servers before the present one. */
  #elder: Orphan = 'unknown';

  constructor(options: StdioUpstreamOptions) {
    this.name = options.name;
    this.#options = options;
    this.#era = options.era;
    this.#record = new OrphanRecord(options.recordFolder, options.name);
  }

  async connect(notice: (notice: Notice) => void, closing: AbortSignal): Promise<Connection> {
    if (this.#failures > 0) {
      const backoff = FIRST_BACKOFF_MS * 2 ** (this.#failures - 1);
      await sleep(Math.min(backoff, LONGEST_BACKOFF_MS), undefined, { signal: closing }).catch(
        () => {
          throw new UpstreamFault('upstream.closed', 'the upstream is closed');
        },
      );
    }
    const server = await this.#start(notice);
    const { handshakeMs = HANDSHAKE_MS, probeMs = PROBE_MS } = this.#options;
    try {
      const described = await shakeHands(server, { era: this.#era, handshakeMs, probeMs, closing });
      this.#era = described.era;
      this.#failures = 0;
      return { wire: server, described };
    } catch (error) {
      this.#failures += 1;
      this.#era = this.#options.era;
      await server.stop();
      throw error;
    }
  }

  async quiet(): Promise<boolean> {
    const server = this.#latest;
    if (server?.isAlive) return this.#elder === 'gone' && !server.conversation.hasAbandoned;
    return (await this.#record.reap(server?.pid)) === 'gone';
  }

  diagnostics(): string {
    return this.#latest?.diagnostics() ?? '';
  }

  async close(wire: Wire | undefined): Promise<void> {
    if (wire === undefined) return;
    await wire.stop();
    await this.#record.reap(this.#latest?.pid);
  }

  async #start(notice: (notice: Notice) => void): Promise<ServerProcess> {
    const elder = await this.#record.reap(this.#latest?.pid);
    this.#elder = elder;
    if (elder === 'alive') {
      // Two at once would act on the same things, and the record holds but one.
      const message = 'an earlier server could not be ended and may still be acting';
      throw new UpstreamFault('upstream.unreachable', message);
    }
    const { command, args, cwd, env, manifest, launch = launchPlainly } = this.#options;
    const launched = launch(command, args, { cwd, env, manifest });
    this.#record.write(launched.pid, elder);
    const server = new ServerProcess(launched, notice);
    this.#latest = server;
    return server;
  }
}
