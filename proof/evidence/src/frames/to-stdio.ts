import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SeededRandom } from '@ioi/basis';
import type { NodeProcess } from '@ioi/kit';
import { mutant } from './mutate.ts';
import { STATEFUL, STATELESS } from './templates.ts';

const BATCH = 50;
const ANSWER_MS = 20_000;
const OPENING = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'f', version: '1' },
};

/**
 * Wrong frames as a client sends them, on connections that are opened anew when the node closes
 * them. After each batch the node must still answer. Returns what it did not.
 */
export async function framesToStdio(
  node: NodeProcess,
  frames: number,
  random: SeededRandom,
): Promise<string[]> {
  let line = await Line.open(node);
  for (let sent = 0; sent < frames; sent += BATCH) {
    const isLate = random.below(10) === 0;
    const templates = random.below(4) === 0 ? STATELESS : STATEFUL;
    for (let each = 0; each < BATCH; each += 1) {
      await line.write(Buffer.concat([mutant(templates, random), Buffer.from('\n')]));
    }
    if (isLate) {
      // Half a frame, and nothing after it: the peer that went away in mid-sentence.
      await line.write(mutant(templates, random).slice(0, 20));
      line.end();
    }
    if (!isLate && (await line.isAnswered())) continue;
    line.destroy();
    line = await Line.open(node).catch(() => line);
    if (!(await line.isAnswered())) return [`no answer on a new connection after ${sent} frames`];
  }
  line.destroy();
  return [];
}

/** One connection, opened as a client of 2025-11-25 does. */
class Line {
  readonly #socket: Socket;
  #last = 0;
  #seen = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#seen = (this.#seen + text).slice(-4096);
    });
  }

  static async open(node: NodeProcess): Promise<Line> {
    const socket = connect(node.socketPath('mcp'));
    await once(socket, 'connect');
    const line = new Line(socket);
    await line.write(textOf({ id: 'open', method: 'initialize', params: OPENING }));
    await line.write(textOf({ method: 'notifications/initialized' }));
    return line;
  }

  /** Resolves when there is room for more, or nobody there. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(bytes)) return;
    await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => {});
  }

  /** Whether a ping, on a line of its own, comes back. */
  async isAnswered(): Promise<boolean> {
    this.#last += 1;
    const id = `alive-${this.#last}`;
    await this.write(Buffer.concat([Buffer.from('\n'), textOf({ id, method: 'ping' })]));
    const until = Date.now() + ANSWER_MS;
    while (!this.#seen.includes(`"${id}"`)) {
      if (this.#socket.destroyed || this.#socket.readableEnded || Date.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return true;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function textOf(message: object): Buffer {
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
