import { keys, type OpenHead, type PolicyHead } from '@ioi/law';
import type { NodeStatus, ServerStatus, WitnessStatus } from '@ioi/protocol';
import { CONTENT_TYPES, exposition, type Family, formatAsked } from '../../core/index.ts';
import type { Boundary } from '../boundary.ts';
import type { DiskWatch } from '../data-api.ts';
import type { Events } from '../events.ts';
import { sizeOf } from '../export.ts';
import type { HeadReader } from '../head-reader.ts';
import type { Latest } from '../latest.ts';
import type { McpDoor } from '../mcp/door.ts';
import type { Servers } from '../mcp/servers.ts';
import type { Runs } from '../web/runs.ts';
import type { Witnessing } from '../witness/witnessing.ts';
import type { Writer } from '../writer.ts';
import { counted, counter, gauge, when } from './families.ts';
import { LoopDelay } from './loop-delay.ts';
import { processFamilies } from './process-families.ts';

export type MetricsOptions = {
  readonly about: {
    readonly nodeId: string;
    readonly version: string;
    readonly latest: Latest;
    readonly witnessing: Witnessing;
  };
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly boundary: Boundary;
  readonly servers: Servers;
  readonly door: McpDoor;
  readonly runs: Runs;
  readonly events: Events;
  readonly disk: DiskWatch;
};

type Open = keyof NodeStatus['open'];

const OPEN_MAX = 100_000;
/** What takes longer than this to be sealed waits for a guardian or a disk that does not answer. */
const STUCK_MS = 5_000;
const OPEN: Readonly<Record<string, Open>> = {
  pending: 'pending',
  committed: 'committed',
  effect_unknown: 'unknown',
};
const SERVER_STATES: readonly ServerStatus['state'][] = ['ready', 'starting', 'unreachable'];
const WITNESS_STATES: readonly WitnessStatus['state'][] = ['cosigned', 'not_cosigned', 'not_asked'];
const WAYS = ['mcp', 'http', 'files', 'processes'] as const;
const LEVELS = ['mediated', 'recorded', 'bounded', 'closed', 'declared'] as const;

/** What an operator watches, as a Prometheus server reads it. It names no agent and no request. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #delay = new LoopDelay();

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  text(accept: string | undefined): { readonly type: string; readonly text: string } {
    const format = formatAsked(accept);
    return { type: CONTENT_TYPES[format], text: exposition(this.families(), format) };
  }

  families(): Family[] {
    const { boundary } = this.#options;
    return [
      ...this.#health(),
      ...this.#queues(),
      ...boundary.acts.families(),
      ...this.#coverage(),
      ...this.#witnesses(),
      ...this.#disk(),
      ...processFamilies(this.#delay),
    ];
  }

  #health(): Family[] {
    const { about, reader, writer, servers } = this.#options;
    const { nodeId, version, latest } = about;
    const policy = reader.get<PolicyHead>(keys.policy);
    const states = servers.status().map(({ state }) => state);
    const { oldestMs } = writer.load();
    const info = [{ labels: { version, node_id: nodeId }, value: 1 }];
    const help = 'The program, and the node it runs.';
    return [
      { name: 'ioi_build_info', kind: 'info', help, samples: info },
      gauge(
        'ioi_guardian_up',
        '0 while a record has waited for its seal for more than 5 s; without its guardian the ' +
          'daemon ends.',
        when(oldestMs < STUCK_MS),
      ),
      gauge('ioi_log_entries', 'Sealed entries of the own log of the node.', reader.size),
      gauge(
        'ioi_log_cosigned_entries',
        'Of those, how many the newest checkpoint covers that has both signatures of the guardian.',
        sizeOf(latest.cosigned),
      ),
      gauge('ioi_policy_active', '0: every act is denied.', when(policy !== undefined)),
      gauge(
        'ioi_policy_observing',
        '1 where only rules that block hold.',
        when(policy?.mode === 'observe'),
      ),
      counted('ioi_servers', 'Servers by state.', { label: 'state', of: SERVER_STATES }, states),
    ];
  }

  #queues(): Family[] {
    const { reader, writer, door, events } = this.#options;
    const open = reader.headsOf<OpenHead>('open', '', OPEN_MAX).map(({ value }) => value.state);
    const states = open.map((state) => OPEN[state] ?? state);
    const { waiting, oldestMs, sealing } = writer.load();
    return [
      counted(
        'ioi_open_actions',
        'Acts over which something may still happen, by state; pending ones wait for a person.',
        { label: 'state', of: Object.values(OPEN) },
        states,
      ),
      gauge('ioi_writer_queue', 'Records that are not sealed yet.', waiting),
      gauge('ioi_writer_oldest_seconds', 'How long the first of them waits.', oldestMs / 1000),
      {
        name: 'ioi_seal_duration_seconds',
        kind: 'histogram',
        help:
          'From a record being handed over, contents and all, to its seal, since the daemon ' +
          'started.',
        samples: sealing,
      },
      gauge('ioi_sessions', 'Connections of MCP clients.', door.sessions),
      gauge('ioi_event_subscribers', 'Who follows events.', events.followers),
    ];
  }

  /** Of programs in a sandbox: what none looks at, and what the log should say and does not. */
  #coverage(): Family[] {
    const { open, ended } = this.#options.runs.coverage();
    const samples = WAYS.flatMap((way) =>
      LEVELS.map((coverage) => ({
        labels: { way, coverage },
        value: open.filter((each) => each[way] === coverage).length,
      })),
    );
    const help = 'Programs in a sandbox that run, by way out and how far it is looked at.';
    return [
      { name: 'ioi_runs', kind: 'gauge', help, samples },
      counter(
        'ioi_runs_ended_total',
        'Programs that ended since the daemon started; bounded: the log does not say what they ' +
          'changed in files.',
        Object.entries(ended).map(([files, value]) => ({ labels: { files }, value })),
      ),
    ];
  }

  #witnesses(): Family[] {
    const { witnessing } = this.#options.about;
    const states = witnessing.status().map(({ state }) => state);
    const ages = [...witnessing.ages()];
    return [
      counted(
        'ioi_witnesses',
        'Witnesses of the own log of the node, by state.',
        { label: 'state', of: WITNESS_STATES },
        states,
      ),
      {
        name: 'ioi_witness_age_seconds',
        kind: 'gauge',
        help:
          'Since a witness cosigned last; it is asked when something is sealed. Absent until it ' +
          'first does.',
        samples: ages.map(([witness, age]) => ({ labels: { witness }, value: age / 1000 })),
      },
    ];
  }

  #disk(): Family[] {
    const { use, volume, warning } = this.#options.disk.look();
    const kinds = Object.entries(use).map(([kind, value]) => ({ labels: { kind }, value }));
    const used = 'Bytes of the data folder by what they are for, at most a minute old.';
    return [
      gauge('ioi_disk_free_bytes', 'Free where the data folder is.', volume.freeBytes),
      gauge('ioi_disk_size_bytes', 'All of that volume.', volume.totalBytes),
      { name: 'ioi_disk_used_bytes', kind: 'gauge', help: used, samples: kinds },
      gauge(
        'ioi_disk_warning',
        '1 where the node asks for room on the disk.',
        when(warning !== undefined),
      ),
    ];
  }
}
