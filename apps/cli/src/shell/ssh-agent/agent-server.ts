import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeBase64 } from '@ioi/basis';
import { SshFields, sshJoined } from '@ioi/crypto/ssh';
import { verifySsh } from '@ioi/crypto/ssh/shell';
import {
  type AgentAsk,
  type AgentCall,
  type AgentKey,
  agentFailure,
  agentSuccess,
  callFor,
  type HostBinding,
  identitiesAnswer,
  readAgentAsk,
  signatureAnswer,
} from '../../core/ssh-agent.ts';
import type { Called } from './node-call.ts';

export type AgentOptions = {
  /** As they are now. */
  readonly keys: () => Promise<readonly AgentKey[]>;
  readonly call: (call: AgentCall, signal: AbortSignal) => Promise<Called>;
  /** What a person should know: the protocol itself says no more than that something failed. */
  readonly say: (line: string) => void;
};

/** As OpenSSH's own agent takes. */
const MOST_BYTES = 256 * 1024;
const MOST_BINDINGS = 16;
const AGAIN_MS = 500;

/** An SSH agent that holds no key: what it is asked to sign is asked of the node. */
export function agentServer(options: AgentOptions): Server {
  return createServer((socket) => {
    socket.on('error', () => {});
    new AgentConnection(socket, options).serve();
  });
}

class AgentConnection {
  readonly #socket: Socket;
  readonly #options: AgentOptions;
  readonly #bindings: HostBinding[] = [];
  readonly #gone = new AbortController();
  /** Somebody at another machine speaks here: what is shown there is not to be relied on. */
  #isForwarded = false;
  #rest: Uint8Array = new Uint8Array(0);
  #turn: Promise<void> = Promise.resolve();

  constructor(socket: Socket, options: AgentOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** One request after the other. What waits for a person ends when its client goes. */
  serve(): void {
    this.#socket.once('close', () => this.#gone.abort());
    this.#socket.on('data', (chunk) => {
      this.#rest = sshJoined(this.#rest, chunk as Buffer);
      for (let bytes = this.#next(); bytes !== undefined; bytes = this.#next()) {
        const ask = readAgentAsk(bytes);
        this.#turn = this.#turn.then(async () => {
          const answer = await this.#answer(ask);
          if (!this.#socket.destroyed) this.#socket.write(answer);
        });
      }
      if (this.#rest.length > 4 + MOST_BYTES) this.#socket.destroy();
    });
  }

  /** The next whole message, without its length. */
  #next(): Uint8Array | undefined {
    const bytes = new SshFields(this.#rest).bytes();
    if (bytes !== undefined) this.#rest = this.#rest.slice(4 + bytes.length);
    return bytes;
  }

  async #answer(ask: AgentAsk): Promise<Uint8Array> {
    if (ask.kind === 'other') return agentFailure;
    if (ask.kind === 'bind') return this.#bind(ask);
    try {
      const keys = await this.#options.keys();
      if (ask.kind === 'identities') return identitiesAnswer(keys);
      return await this.#sign(ask, keys);
    } catch (fault) {
      this.#options.say(fault instanceof Error ? fault.message : String(fault));
      return agentFailure;
    }
  }

  /** Taken as it is said: the edge sees to it that the host did sign the session. */
  #bind({ hostKey, sessionId, hostSignature, isForwarded }: Bind): Uint8Array {
    if (this.#bindings.length >= MOST_BINDINGS) return agentFailure;
    this.#isForwarded ||= isForwarded;
    this.#bindings.push({ hostKey, sessionId, hostSignature });
    return agentSuccess;
  }

  async #sign(ask: Sign, keys: readonly AgentKey[]): Promise<Uint8Array> {
    const { say } = this.#options;
    if (this.#isForwarded) return this.#refuse('it was forwarded to another machine');
    const call = callFor(ask, keys, this.#bindings);
    if (!call.ok) return this.#refuse(call.error);
    const called = await this.#until(call.value);
    if (called.kind !== 'answer') return this.#refuse(called.why);
    const signature = decodeBase64(String(called.content['signature']));
    if (signature === undefined) return this.#refuse('the node told no signature');
    // A person may have edited what was asked: a signature of that is not for this client.
    if (!verifySsh(ask.publicKey, ask.data, signature)) {
      return this.#refuse('what the node signed is not what was asked');
    }
    say(`${call.value.server} signed ${wordsOf(call.value)}`);
    return signatureAnswer(signature);
  }

  /** While a person decides, the client waits; when it goes, nobody asks any more. */
  async #until(call: AgentCall): Promise<Called> {
    const { signal } = this.#gone;
    let isTold = false;
    for (;;) {
      const called = await this.#options.call(call, signal);
      if (called.kind !== 'waiting') return called;
      if (!isTold) this.#options.say(`${call.server}, ${wordsOf(call)}: ${called.why}`);
      isTold = true;
      await pause(AGAIN_MS, undefined, { signal });
    }
  }

  #refuse(why: string): Uint8Array {
    this.#options.say(`nothing was signed: ${why}`);
    return agentFailure;
  }
}

type Bind = Extract<AgentAsk, { kind: 'bind' }>;
type Sign = Extract<AgentAsk, { kind: 'sign' }>;

function wordsOf({ tool, given }: AgentCall): string {
  return tool === 'authenticate' ? `a login as ${given['user']}` : `for ${given['namespace']}`;
}
