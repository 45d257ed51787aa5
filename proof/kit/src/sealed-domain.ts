import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogStore } from '@ioi/agentgres';
import { LogWriter, newOperationId, SqliteStore } from '@ioi/agentgres/shell';
import { testedProgram } from '@ioi/basis/testing';
import { noteKeysOf } from '@ioi/crypto';
import { type DomainChannel, GuardianChannel } from '@ioi/guardian/shell';
import {
  domainModules,
  domainNameOf,
  type Modules,
  nodeModules,
  type ProposedOperation,
  verifySeal,
} from '@ioi/law';
import type { HybridPublicKey } from '@ioi/protocol';
import { exited } from './node-process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GUARDIAN = testedProgram('hosts/guardian/src/main.ts');

/** A guardian in its own process, as the supervisor starts it, and writers in this one. */
export class SealedDomain {
  readonly #home: string;
  readonly #guardian: ChildProcess;
  readonly #channel: GuardianChannel;
  readonly #writers: LogWriter[] = [];

  /** `home` as `makeHome` fills it. */
  constructor(home: string, onGone: (fault: Error) => void = () => {}) {
    this.#home = home;
    const folder = join(home, 'guardian');
    const rights = [ROOT, folder].map((path) => `--allow-fs-read=${path}`);
    const flags = ['--permission', ...rights, `--allow-fs-write=${folder}`];
    const stdio = ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] as const;
    const options = { stdio: [...stdio], env: {} };
    this.#guardian = spawn(process.execPath, [...flags, GUARDIAN, folder], options);
    (this.#guardian.stdio[4] as Socket).on('error', () => {});
    const socket = this.#guardian.stdio[3] as unknown as Socket;
    this.#channel = new GuardianChannel(socket, { onNotice: () => {}, onGone });
  }

  get guardianPid(): number {
    return this.#guardian.pid ?? 0;
  }

  /** The writer of the node's own log; it is opened first. */
  openNode(): Promise<LogWriter> {
    return this.#open('', new SqliteStore(this.#made('data')), nodeModules());
  }

  /** The writer of a domain over a store of the caller's, or an embedded one. */
  async open(domainId: string, store?: LogStore): Promise<LogWriter> {
    const folder = this.#made('data', 'domains', domainNameOf(domainId));
    return this.#open(domainId, store ?? new SqliteStore(folder), domainModules());
  }

  /** Of the node's own log. */
  status(): ReturnType<DomainChannel['status']> {
    return this.#channel.domain('').status();
  }

  /** Origin line of a log; its guardian is that of genesis. */
  async origin(domainId: string): Promise<string> {
    return (await this.#channel.domain(domainId).status()).origin;
  }

  async close(): Promise<void> {
    for (const writer of this.#writers) await writer.close();
    // It ends with the channel of its daemon.
    (this.#guardian.stdio[3] as Socket).destroy();
    await exited(this.#guardian);
  }

  async #open(domainId: string, store: LogStore, modules: Modules): Promise<LogWriter> {
    const attestor = this.#channel.domain(domainId);
    const origin = await this.origin(domainId);
    let seals = 0;
    const { writer } = await LogWriter.open({
      store,
      attestor,
      modules,
      checkSeal: (seal, frontier, texts) => {
        seals += 1;
        if (seals > 1) {
          if (seal.root === Buffer.from(frontier.root()).toString('base64')) return;
          throw new Error('the guardian sealed another log');
        }
        const key = JSON.parse(texts[0] ?? '{}').payload?.guardian_key as HybridPublicKey;
        const pair = key && noteKeysOf(key, origin);
        const checked = pair?.ok
          ? verifySeal(seal.note, origin, [pair.value.ed25519], frontier)
          : undefined;
        if (key && !checked?.ok) throw new Error('the seal does not hold');
      },
    });
    this.#writers.push(writer);
    await writer.touch();
    return writer;
  }

  #made(...path: string[]): string {
    const folder = join(this.#home, ...path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** An operation over the node's own channel. */
export function overChannel(operation: string, payload: object): ProposedOperation {
  return {
    operation_id: newOperationId(),
    operation,
    authenticated_by: { kind: 'channel' },
    payload: payload as Record<string, unknown>,
  };
}
