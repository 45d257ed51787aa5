import { Socket } from 'node:net';
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LogFault } from '@ioi/agentgres/shell';
import type { GuardianNotice } from '@ioi/guardian';
import { GuardianChannel, GuardianRefused } from '@ioi/guardian/shell';
import { domainModules, domainNameOf, nodeModules } from '@ioi/law';
import { DomainLog } from './domain-log.ts';
import { NODE_DOMAIN, post, type ToThread, type WriterData } from './writer-messages.ts';

type Submit = Extract<ToThread, { kind: 'submit' }>;
type Prove = Extract<ToThread, { kind: 'prove' }>;

/**
 * The writers' own thread: the logs' disk writes and the guardian's answers never hold the
 * daemon's event loop. It alone speaks on the guardian channel; every domain has its one writer
 * here.
 */
class WriterThread {
  readonly #port: MessagePort;
  readonly #data: WriterData;
  readonly #channel: GuardianChannel;
  readonly #logs = new Map<string, Promise<DomainLog>>();

  constructor(port: MessagePort, data: WriterData, channel: GuardianChannel) {
    this.#port = port;
    this.#data = data;
    this.#channel = channel;
  }

  /** Opens a log once; whoever asks again is told again. */
  async open(domain: string): Promise<void> {
    const opening = this.#logs.get(domain) ?? this.#openLog(domain);
    this.#logs.set(domain, opening);
    try {
      const log = await opening;
      post(this.#port, { kind: 'opened', ...log.opened });
    } catch (fault) {
      if (domain === NODE_DOMAIN) throw fault;
      // One domain that cannot be opened does not stop the others.
      this.#logs.delete(domain);
      const error = { code: codeOf(fault), message: messageOf(fault) };
      post(this.#port, { kind: 'not_opened', domain, error });
    }
  }

  take(message: ToThread): void {
    const taken = this.#take(message);
    taken.catch((fault: unknown) => stop(this.#port, fault));
  }

  async #take(message: ToThread): Promise<void> {
    if (message.kind === 'open') return this.open(message.domain);
    if (message.kind === 'close') return this.#close();
    if (message.kind === 'commitment_key') return this.#commitmentKey(message);
    const log = await this.#logs.get(message.domain)?.catch(() => undefined);
    if (message.kind === 'submit') return this.#submit(message, log);
    if (message.kind === 'prove') return this.#prove(message, log);
    await log?.store.saveCheckpoint(BigInt(message.size), message.note);
  }

  async #submit({ id, domain, operation, payloads }: Submit, log?: DomainLog): Promise<void> {
    if (!log) {
      const error = { code: 'domain.not_open', message: `${domain} is not open on this node` };
      post(this.#port, { kind: 'submitted', id, result: { ok: false, error } });
      return;
    }
    const result = await log.writer.submit(operation, payloads);
    const { seal } = log;
    if (!result.ok) return post(this.#port, { kind: 'submitted', id, result });
    const { text, seal: given } = result.value;
    const value = { text, size: Number(given.size), seal };
    post(this.#port, { kind: 'submitted', id, result: { ok: true, value } });
  }

  async #prove({ id, domain, question }: Prove, log?: DomainLog): Promise<void> {
    const notOpen = { code: 'domain.not_open', message: `${domain} is not open on this node` };
    const result = await (log?.writer.prove(question) ?? Promise.reject(notOpen)).then(
      (value) => ({ ok: true as const, value }),
      (fault) => ({
        ok: false as const,
        error: { code: codeOf(fault), message: messageOf(fault) },
      }),
    );
    post(this.#port, { kind: 'proved', id, result });
  }

  async #commitmentKey({ id, digest }: Extract<ToThread, { kind: 'commitment_key' }>) {
    const key = await this.#channel.commitmentKey(digest);
    post(this.#port, { kind: 'commitment_key', id, key });
  }

  async #close(): Promise<void> {
    for (const opening of this.#logs.values()) {
      const log = await opening.catch(() => undefined);
      await log?.writer.close();
    }
    post(this.#port, { kind: 'closed' });
  }

  #openLog(domain: string): Promise<DomainLog> {
    const isNode = domain === NODE_DOMAIN;
    const { folder, store } = this.#data;
    return DomainLog.open({
      domain,
      folder: isNode ? folder : join(folder, 'domains', domainNameOf(domain)),
      storeConfig: store,
      channel: this.#channel.domain(domain),
      modules: isNode ? nodeModules() : domainModules(),
      onSealed: ({ changes, seal: { note, size } }, seal) => {
        post(this.#port, { kind: 'sealed', domain, changes, note, size: Number(size), seal });
      },
    });
  }
}

async function start(port: MessagePort, data: WriterData): Promise<void> {
  const held: GuardianNotice[] = [];
  let onNotice = (notice: GuardianNotice): void => void held.push(notice);
  const socket = new Socket({ fd: data.channelFd, readable: true, writable: true });
  const channel = new GuardianChannel(socket, {
    onNotice: (notice) => onNotice(notice),
    onGone: (fault) => stop(port, fault),
  });
  const thread = new WriterThread(port, data, channel);
  await thread.open(NODE_DOMAIN);
  onNotice = (notice) => post(port, { kind: 'notice', notice });
  for (const notice of held) onNotice(notice);
  port.on('message', (message: ToThread) => thread.take(message));
}

/** No seal, no effect: the process ends and reopens against the guardian. */
function stop(port: MessagePort, fault: unknown): void {
  post(port, { kind: 'fault', code: codeOf(fault), message: messageOf(fault) });
}

function codeOf(fault: unknown): string {
  const isNamed = fault instanceof LogFault || fault instanceof GuardianRefused;
  return isNamed ? fault.code : 'log.in_doubt';
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

if (!parentPort) throw new Error('the writer runs as a thread');
const port = parentPort;
start(port, workerData as WriterData).catch((fault) => stop(port, fault));
