import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SshFields, sshJoined, sshNumber, sshString } from '@ioi/crypto/ssh';

const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const IDENTITIES_ANSWER = 12;

/** What an SSH program says to an agent, byte for byte. */
export class AgentClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(path: string): Promise<AgentClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new AgentClient(socket);
  }

  /** The kind of the answer, and what follows it. */
  async ask(...parts: readonly Uint8Array[]): Promise<{ type: number; fields: SshFields }> {
    this.#socket.write(sshString(sshJoined(...parts)));
    let all = Buffer.alloc(0);
    while (all.length < 4 || all.length < 4 + all.readUInt32BE(0)) {
      const [chunk] = (await once(this.#socket, 'data')) as [Buffer];
      all = Buffer.concat([all, chunk]);
    }
    const fields = new SshFields(all.subarray(4));
    return { type: fields.byte() ?? 0, fields };
  }

  /** The keys that are offered, in the wire form. */
  async identities(): Promise<readonly Uint8Array[]> {
    const { type, fields } = await this.ask(Uint8Array.of(11));
    if (type !== IDENTITIES_ANSWER) return [];
    const count = fields.number() ?? 0;
    return Array.from({ length: count }, () => {
      const blob = fields.bytes() ?? new Uint8Array(0);
      fields.bytes();
      return blob;
    });
  }

  /** Undefined where nothing was signed. */
  async sign(blob: Uint8Array, data: Uint8Array, flags = 0): Promise<Uint8Array | undefined> {
    const about = [sshString(blob), sshString(data), sshNumber(flags)];
    const { type, fields } = await this.ask(Uint8Array.of(SIGN_REQUEST), ...about);
    return type === SIGN_RESPONSE ? fields.bytes() : undefined;
  }

  /** `session-bind@openssh.com`. */
  async bind(
    hostKey: Uint8Array,
    sessionId: Uint8Array,
    signature: Uint8Array,
    isForwarded = 0,
  ): Promise<boolean> {
    const about = ['session-bind@openssh.com', hostKey, sessionId, signature].map(sshString);
    const { type } = await this.ask(Uint8Array.of(27), ...about, Uint8Array.of(isForwarded));
    return type === 6;
  }

  close(): void {
    this.#socket.destroy();
  }
}
