import { connect, type Socket } from 'node:net';
import { until } from '@ioi/basis/testing';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { encodeFrame, FrameReader } from '@ioi/frames';
import { linkProofBytes, type NodeSays, type RelaySays, relayFrame, relaySaysIn } from '@ioi/law';

/** A node as far as a relay can tell: one that does what the test says, right or wrong. */
export class NodeSide {
  readonly key: HybridKey;
  readonly heard: RelaySays[] = [];
  readonly socket: Socket;
  readonly #port: number;

  constructor(port: number, key = generateHybridKey()) {
    this.#port = port;
    this.key = key;
    this.socket = this.connected();
    const frames = new FrameReader();
    this.socket.on('data', (chunk: Buffer) => {
      const bodies = frames.push(chunk);
      for (const body of bodies.ok ? bodies.value : []) {
        const said = relaySaysIn(body);
        if (said) this.heard.push(said);
      }
    });
  }

  connected(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true });
    return socket.on('error', () => {});
  }

  tell(said: NodeSays, socket = this.socket): void {
    socket.write(encodeFrame(relayFrame(said)));
  }

  /** The first of that kind, once it was said. */
  hears<Kind extends RelaySays['kind']>(kind: Kind): Promise<Extract<RelaySays, { kind: Kind }>> {
    return until(`the relay says ${kind}`, () => {
      return this.heard.find((said) => said.kind === kind) as Extract<RelaySays, { kind: Kind }>;
    });
  }

  /** Asks for the name, and proves it for the relay that is named. */
  async link(relay: string, name: string): Promise<NodeSays> {
    this.tell({ kind: 'link', name, key: this.key.publicKey });
    const { nonce } = await this.hears('prove');
    const bytes = linkProofBytes(relay, name, nonce);
    const signature = signHybrid(this.key, 'SIG_DOMAIN_SESSION', bytes);
    const proof = { kind: 'proof', signature } as const;
    this.tell(proof);
    return proof;
  }

  /** A connection of its own for a call. */
  take(token: string): Socket {
    const socket = this.connected();
    this.tell({ kind: 'take', token }, socket);
    return socket;
  }
}
