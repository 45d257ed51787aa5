import { Socket } from 'node:net';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { LogFault, type SealedCommit } from '@ioi/agentgres/shell';
import type { GuardianNotice } from '@ioi/guardian';
import { GuardianChannel, GuardianRefused } from '@ioi/guardian/shell';
import {
  domainModules,
  domainNameOf,
  nodeModules,
  type ProposedOperation,
  type VerifiedSeal,
} from '@ioi/law';
import { DomainLog } from './domain-log.ts';
import { keepPlace } from './lease-place.ts';
import {
  type FromThread,
  NODE_DOMAIN,
  Outbox,
  type ToThread,
  type WriterData,
} from './writer-messages.ts';

type Submit = Extract<ToThread, { kind: 'submit' }>;
type Prove = Extract<ToThread, { kind: 'prove' }>;
type Vouch = Extract<ToThread, { kind: 'vouch' }>;

/**
 * The writers' own thread: the logs' disk writes and the guardian's answers never hold the
 * daemon's event loop. It alone speaks on the guardian channel; every domain has its one writer
 * here.
 */
class WriterThread {
  readonly #outbox: Outbox<FromThread>;
  readonly #data: WriterData;
  readonly #channel: GuardianChannel;
  readonly #logs = new Map<string, Promise<DomainLog>>();
  /** The numbers under which operations were asked for. */
  readonly #asked = new Map<ProposedOperation, number>();

  constructor(outbox: Outbox<FromThread>, data: WriterData, channel: GuardianChannel) {
    this.#outbox = outbox;
    this.#data = data;
    this.#channel = channel;
  }

  /** Opens a log once; whoever asks again is told again. */
  async open(domain: string): Promise<void> {
    const opening = this.#logs.get(domain) ?? this.#openLog(domain);
    this.#logs.set(domain, opening);
    try {
      const log = await opening;
      this.#outbox.say({ kind: 'opened', ...log.opened });
    } catch (fault) {
      if (domain === NODE_DOMAIN) throw fault;
      // One domain that cannot be opened does not stop the others.
      this.#logs.delete(domain);
      const error = { code: codeOf(fault), message: messageOf(fault) };
      this.#outbox.say({ kind: 'not_opened', domain, error });
    }
  }

  take(message: ToThread): void {
    const taken = this.#take(message);
    taken.catch((fault: unknown) => stop(this.#outbox, fault));
  }

  async #take(message: ToThread): Promise<void> {
    if (message.kind === 'open') return this.open(message.domain);
    if (message.kind === 'close') return this.#close();
    if (message.kind === 'commitment_key') return this.#commitmentKey(message);
    if (message.kind === 'vouch') return this.#vouch(message);
    if (message.kind === 'shown') return this.#channel.show(message.payloads);
    if (message.kind === 'exchanged') return this.#channel.exchanged(message.exchanged);
    if (message.kind === 'edit_refused') {
      return this.#channel.refuseEdit(message.requestHash, message.refusal);
    }
    const domain = message.kind === 'settled' ? NODE_DOMAIN : message.domain;
    const log = await this.#logs.get(domain)?.catch(() => undefined);
    if (message.kind === 'settled') return log?.writer.settled(message.size);
    if (message.kind === 'submit') return this.#submit(message, log);
    if (message.kind === 'prove') return this.#prove(message, log);
    await log?.store.saveCheckpoint(BigInt(message.size), message.note);
  }

  async #submit(
    { id, domain, operation, payloads, beside }: Submit,
    log?: DomainLog,
  ): Promise<void> {
    if (!log) {
      const error = { code: 'domain.not_open', message: `${domain} is not open on this node` };
      this.#outbox.say({ kind: 'submitted', id, result: { ok: false, error } });
      return;
    }
    this.#asked.set(operation, id);
    const result = await log.writer.submit(operation, payloads, beside);
    this.#asked.delete(operation);
    // What was sealed was said with the seal.
    if (!result.ok) this.#outbox.say({ kind: 'submitted', id, result });
  }

  /** Said before the writer goes on to what nobody waits for. */
  #sealed(domain: string, commit: SealedCommit, verified: VerifiedSeal): void {
    const { changes, seal, answers, chainTime } = commit;
    const size = Number(seal.size);
    const about = { changes, note: seal.note, size, seal: verified, chainTime };
    this.#outbox.say({ kind: 'sealed', domain, ...about });
    for (const [operation, text] of answers) {
      const id = this.#asked.get(operation);
      const result = { ok: true, value: { text, size, seal: verified } } as const;
      if (id !== undefined) this.#outbox.say({ kind: 'submitted', id, result });
    }
    this.#outbox.sendAll();
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
    this.#outbox.say({ kind: 'proved', id, result });
  }

  async #vouch({ id, domain, asked: { shown, receiptId } }: Vouch): Promise<void> {
    const result = await this.#channel
      .domain(domain)
      .vouch(shown, receiptId)
      .then((value) => ({ ok: true as const, value }), refusalOf);
    this.#outbox.say({ kind: 'vouched', id, result });
  }

  async #commitmentKey({ id, digest }: Extract<ToThread, { kind: 'commitment_key' }>) {
    const key = await this.#channel.commitmentKey(digest);
    this.#outbox.say({ kind: 'commitment_key', id, key });
  }

  async #close(): Promise<void> {
    for (const opening of this.#logs.values()) {
      const log = await opening.catch(() => undefined);
      await log?.writer.close();
    }
    this.#outbox.say({ kind: 'closed' });
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
      onSealed: (commit, seal) => this.#sealed(domain, commit, seal),
    });
  }
}

async function start(outbox: Outbox<FromThread>, data: WriterData): Promise<void> {
  const held: GuardianNotice[] = [];
  let onNotice = (notice: GuardianNotice): void => void held.push(notice);
  const socket = new Socket({ fd: data.channelFd, readable: true, writable: true });
  const channel = new GuardianChannel(socket, {
    onNotice: (notice) => onNotice(notice),
    onGone: (fault) => stop(outbox, fault),
  });
  const thread = new WriterThread(outbox, data, channel);
  await thread.open(NODE_DOMAIN);
  await keepPlace(data.store, (fault) => stop(outbox, fault));
  onNotice = (notice) => outbox.say({ kind: 'notice', notice });
  for (const notice of held) onNotice(notice);
  port.on('message', (messages: readonly ToThread[]) => {
    for (const message of messages) thread.take(message);
  });
}

/** No seal, no effect: the process ends and reopens against the guardian. */
function stop(outbox: Outbox<FromThread>, fault: unknown): void {
  outbox.say({ kind: 'fault', code: codeOf(fault), message: messageOf(fault) });
}

/** What the guardian refused is an answer; that it is gone is none. */
function refusalOf(fault: unknown) {
  if (!(fault instanceof GuardianRefused)) throw fault;
  return { ok: false as const, error: { code: fault.code, message: fault.message } };
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
const outbox = new Outbox<FromThread>((messages) => port.postMessage(messages));
start(outbox, workerData as WriterData).catch((fault) => stop(outbox, fault));
