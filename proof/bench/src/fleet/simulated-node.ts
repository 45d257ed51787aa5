import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { encodeBase64 } from '@ioi/basis';
import {
  AuditStream,
  homeAt,
  httpReceiver,
  jsonLines,
  RelayLink,
  writeCursor,
} from '@ioi/cli/fleet';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import { nextLookMs } from '@ioi/daemon';
import { fetchPublication } from '@ioi/daemon/publication';
import { bundleHash, checkPublication } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import { addCheckpoint, shownCheckpoint } from '@ioi/witness/shell';
import { LogKit } from '@ioi/witness/testing';

/** What all nodes of the fleet share. */
export type FleetPlaces = {
  readonly folder: string;
  readonly relay: string;
  readonly bundles: string;
  readonly keyId: string;
  readonly witness: string;
  readonly collector: string;
  readonly tls: { readonly cert: string; readonly key: string };
};

const EVERY_MS = 2_000;
const PAGE = 200;
const WITNESS_MS = 5_000;
const registry = verifierRegistry();

/** A node as far as the servers can tell: links, looks, checkpoints and events are a node's own. */
export class SimulatedNode {
  readonly name: string;
  readonly key = generateHybridKey();
  readonly #places: FleetPlaces;
  readonly #log: LogKit;
  readonly #over = new AbortController();
  readonly #stream: AuditStream;
  #link: RelayLink | undefined;
  #held: { version: string; bundle_hash: string } | undefined;
  #cosigned = 0;
  #events = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, places: FleetPlaces) {
    this.name = name;
    this.#places = places;
    this.#log = new LogKit(`fleet.example/${name}`);
    const { signal } = this.#over;
    const receiver = httpReceiver({
      url: places.collector,
      contentType: 'application/x-ndjson',
      bodyOf: jsonLines,
    });
    const node_id = `node://${name}`;
    const home = homeAt(`${places.folder}/${name}`);
    mkdirSync(join(home.folder, 'audit'), { recursive: true });
    this.#stream = new AuditStream(
      {
        source: { node_id, version: '1.0.0', isWhole: false },
        receiver,
        read: async (after) => this.#page(Number(after) + 1),
        keep: (cursor) => writeCursor(home, cursor),
        note: () => {},
        signal,
      },
      { name: 'fleet', to: places.collector, node_id, last: '-1', tiers: {} },
    );
  }

  get isLinked(): boolean {
    return this.#link?.status().state === 'linked';
  }

  get version(): string | undefined {
    return this.#held?.version;
  }

  get events(): number {
    return this.#events;
  }

  start(): void {
    const { relay, tls } = this.#places;
    const accept = (socket: Socket): void => {
      const end = new TLSSocket(socket, { isServer: true, ...tls });
      end.on('error', () => {});
      end.pipe(end);
    };
    this.#link = new RelayLink({ relay, name: this.name, key: this.key, accept });
    // As nodes are started: not all at one moment.
    this.#timer = setTimeout(() => void this.#look(0), Math.random() * EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#over.abort();
    this.#link?.close();
  }

  /** An approver reaches it over the relay, and what it says comes back out of TLS. */
  async isReached(): Promise<boolean> {
    const [host = '', port] = this.#places.relay.split(':');
    const about = { servername: this.name, ca: this.#places.tls.cert };
    const checkServerIdentity = (): undefined => undefined;
    const socket = connect({ host, port: Number(port), ...about, checkServerIdentity });
    try {
      socket.write(this.name);
      const [said] = (await once(socket, 'data')) as [Buffer];
      return said.toString() === this.name;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  /** Grows by so many entries and has that cosigned; whether the witness did. */
  async checkpoint(entries: number): Promise<boolean> {
    const size = this.#cosigned + entries;
    const leaves = this.#log.leaves(size);
    const request = this.#log.submission(leaves, this.#cosigned);
    const address = { url: this.#places.witness, timeoutMs: WITNESS_MS };
    const answer = await addCheckpoint(address, request).catch(() => undefined);
    if (answer?.status === 200) this.#cosigned = size;
    return answer?.status === 200;
  }

  /** Whether the witness still knows how far it came. */
  async isRemembered(): Promise<boolean> {
    const address = { url: this.#places.witness, timeoutMs: WITNESS_MS };
    const shown = await shownCheckpoint(address, this.#log.origin);
    const { root } = this.#log.checkpoint(this.#log.leaves(this.#cosigned));
    return shown?.includes(`\n${this.#cosigned}\n${root}\n`) ?? false;
  }

  /** Tells the collector of so many entries more; resolves when it took them all. */
  async tell(entries: number): Promise<void> {
    this.#events += entries;
    await this.#stream.catchUp();
  }

  #page(from: number) {
    const most = Math.max(0, Math.min(PAGE, this.#events - from));
    const entries = Array.from({ length: most }, (_, at) => decided(from + at));
    return { entries, size: String(this.#events), witnesses: [] } as never;
  }

  async #look(failures: number): Promise<void> {
    const { bundles, keyId } = this.#places;
    const found = await fetchPublication(bundles);
    if (found.ok) {
      const { bundle } = found.value;
      const held = this.#held;
      const expected = { keyId, now: BigInt(Date.now()), ...(held ? { held } : {}) };
      const checked = checkPublication(found.value, expected, registry);
      if (checked.ok && checked.value) {
        this.#held = { version: bundle.version, bundle_hash: bundleHash(bundle) };
      }
    }
    if (this.#over.signal.aborted) return;
    const failed = found.ok ? 0 : failures + 1;
    const wait = nextLookMs(EVERY_MS, failed);
    this.#timer = setTimeout(() => void this.#look(failed), wait);
  }
}

const HASH = `sha256:${'0e'.repeat(32)}`;
const AGENT = 'agent://local/fleet';

/** A decision as the log of a node has it. */
function decided(seq: number): LogEntry {
  const session = { agent_id: AGENT, session_id: HASH };
  const request = {
    target: 'fs::write',
    params: { path: '/srv/work/notes.txt' },
    context: session,
  };
  const verdict = { kind: seq % 10 === 0 ? 'Block' : 'Allow' };
  const body = { request_hash: HASH, verdict, code: 'policy.allowed', rule_id: 'a_rule' };
  const about = { actor_id: AGENT, isolation_tier: 'mediated', body };
  const receipt = { receipt_id: `receipt_${seq}`, ...about };
  return {
    seq: String(seq),
    height: String(seq),
    chain_time: String(Date.now()),
    operation_id: `op_${encodeBase64(new Uint8Array(15))}${seq}`,
    module_hash: HASH,
    authenticated_by: { kind: 'channel' },
    operation: 'boundary/action.decide',
    payload: { request },
    events: [{ type: 'receipt.emitted', receipt }],
  } as unknown as LogEntry;
}
