import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactStore } from '@ioi/agentgres/shell';
import type { Digest } from '@ioi/canon';
import { digestBytes } from '@ioi/canon';
import { saltedText } from '@ioi/law';
import type { ActionRequest, LogEntry } from '@ioi/protocol';
import { type Call, defaultRetention, type Retention } from '../core/index.ts';
import { Contents, type ContentsOptions, type Put } from '../shell/contents.ts';
import { Forgetting } from '../shell/forgetting.ts';
import { HeadReader } from '../shell/head-reader.ts';
import {
  deciding,
  hashOf,
  NodeKit,
  proposed,
  type Started,
  started,
  writeContract,
} from './node-kit.ts';

/** A node with what it keeps beside its log, for tests that stop it where they like. */
export class ContentKit {
  readonly kit = new NodeKit();
  readonly logged: string[] = [];
  /** Of runs that are open. */
  readonly needed = new Set<string>();
  retention: Retention = defaultRetention;
  #node: Started | undefined;
  #reader: HeadReader | undefined;
  #store: ArtifactStore | undefined;

  static async start(): Promise<ContentKit> {
    const contents = new ContentKit();
    contents.#node = await started(contents.kit);
    contents.reopen();
    return contents;
  }

  get node(): Started {
    if (!this.#node) throw new Error('not started');
    return this.#node;
  }

  get store(): ArtifactStore {
    if (!this.#store) throw new Error('not started');
    return this.#store;
  }

  get reader(): HeadReader {
    if (!this.#reader) throw new Error('not started');
    return this.#reader;
  }

  get contents(): Contents {
    return this.contentsUnder(async (digest) => this.node.guardian.commitmentKey(digest));
  }

  /** The same disk, with the halves of keys from somewhere else. */
  contentsUnder(commitmentKey: ContentsOptions['commitmentKey']): Contents {
    return new Contents({ ...this.#about(), commitmentKey });
  }

  get forgetting(): Forgetting {
    const submit = (operation: string, payload: object) => this.submit(operation, payload);
    const isNeeded = (digest: string): boolean => this.needed.has(digest);
    return new Forgetting({ ...this.#about(), isNeeded, writer: { submit } as never });
  }

  /** As after a stop at any point: nothing is closed, everything is opened again. */
  reopen(): void {
    const data = join(this.kit.folder, 'data');
    mkdirSync(join(data, 'artifacts'), { recursive: true });
    this.#reader = new HeadReader(data);
    this.#store = new ArtifactStore(join(data, 'artifacts'), this.node.store.beside());
    this.#see();
  }

  /** As the daemon's writer does. */
  async submit(
    operation: string,
    payload: object,
    payloads: Record<string, string> = {},
    beside: Put['beside'] = [],
  ) {
    const named = { ...proposed(operation, payload) };
    const full = operation.includes('/') ? { ...named, operation } : named;
    const submitted = await this.node.writer.submit(full, payloads, beside);
    await new Promise((resolve) => setImmediate(resolve));
    this.#see();
    if (!submitted.ok) return submitted;
    const entry = JSON.parse(submitted.value.text) as LogEntry;
    return { ok: true as const, value: { entry, seal: undefined } };
  }

  /** A request that refers to a text, with the text beside it. */
  writing(text: string): { call: Call; payloads: Record<string, string>; digest: Digest } {
    const salted = saltedText('5a'.repeat(16), text);
    const digest = digestBytes(salted);
    const content = { $payload: digest, bytes: text.length };
    const request = this.kit.request('fs::write', { path: '/ws/a', content });
    return { call: this.callOf(request), payloads: { [digest]: salted }, digest };
  }

  callOf(request: ActionRequest): Call {
    const requestHash = hashOf(request);
    const contractHash = hashOf(writeContract);
    const contract = writeContract;
    return { requestHash, intent: requestHash, request, contract, contractHash, attempt: 1 };
  }

  /** Puts a text, seals the decision that refers to it, and whatever `verdict` it must have. */
  async write(text: string, verdict: 'ALLOW' | 'REQUIRE_APPROVAL' = 'ALLOW'): Promise<Digest> {
    const { call, payloads, digest } = this.writing(text);
    const put = await this.contents.put(call, payloads, []);
    const facts = { target_exists: verdict === 'REQUIRE_APPROVAL', workspace_root: '/ws' };
    // A rule looks at what is written, so that it is decided on.
    const decision = { ...deciding(call.request, verdict, facts), evidence: [digest] };
    const decided = await this.submit('action.decide', decision, payloads, put.beside);
    if (!decided.ok) throw new Error(decided.error.message);
    this.contents.settle(put, true);
    if (verdict === 'ALLOW') await this.#complete(call);
    return digest;
  }

  /** Every byte of every file of the node, guardian and journals included. */
  everything(): string {
    const names = readdirSync(this.kit.folder, { recursive: true }) as string[];
    const paths = names.map((name) => join(this.kit.folder, name));
    const files = paths.filter((path) => statSync(path).isFile());
    return Buffer.concat(files.map((path) => readFileSync(path))).toString('latin1');
  }

  remove(): void {
    this.kit.closeGuardian();
    this.kit.remove();
  }

  async #complete({ requestHash, contractHash }: Call): Promise<void> {
    const entry = this.reader.entry(this.reader.size - 2);
    const receipt = entry?.events[0]?.['receipt'] as { body: object } | undefined;
    await this.submit('action.receipt', {
      request_hash: requestHash,
      contract_hash: contractHash,
      outcome: 'failed_before_effect',
      reported_error: false,
      markers: {
        rrsa_request_binding: requestHash,
        rrsa_firewall_decision: hashOf(receipt?.body),
        rrsa_domain: 'filesystem',
      },
      postconditions: [],
    });
  }

  #see(): void {
    this.#reader?.sealed([], Number(this.node.store.size()));
  }

  #about() {
    const { store, reader, logged } = this;
    const retention = (): Retention => this.retention;
    const log = (message: string): void => void logged.push(message);
    const settled = (size: number): void => this.node.writer.settled(size);
    return { store, reader, retention, settled, log };
  }
}
