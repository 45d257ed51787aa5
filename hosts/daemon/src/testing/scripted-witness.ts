import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { formatSignatures, type NoteKey, witnessKeysOf } from '@ioi/crypto';
import { cosignCheckpointEd25519, generateHybridKey } from '@ioi/crypto/shell';
import { Frontier } from '@ioi/merkle';
import { LogKit } from '@ioi/witness/testing';

export type Scripted = { readonly status: number; readonly body: string };
/** Answers one `add-checkpoint` after the other; what it shows never changes. */
export type Script = { readonly answers: Scripted[]; readonly shows?: string };

const NAME = 'w.example/1';

/** A witness that answers what its test wants, about a log that signs what its test wants. */
export class ScriptedWitness {
  readonly kit = new LogKit();
  readonly key: NoteKey;
  script: Script = { answers: [] };
  /** First lines of the requests, since the script was last changed. */
  asked: string[] = [];
  readonly #server: Server;
  readonly #key = generateHybridKey();

  private constructor() {
    const pair = witnessKeysOf(this.#key.publicKey, NAME);
    if (!pair.ok) throw new Error(pair.error.message);
    this.key = pair.value.ed25519;
    this.#server = createServer(async (request, response) => {
      const body = await text(request);
      const answer = request.method === 'POST' ? this.#answer(body) : this.#shown();
      response.writeHead(answer.status).end(answer.body);
    });
  }

  static async start(): Promise<ScriptedWitness> {
    const witness = new ScriptedWitness();
    witness.#server.listen(0, '127.0.0.1');
    await once(witness.#server, 'listening');
    return witness;
  }

  get target() {
    const { port } = this.#server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    return { name: 'one', url, keys: [this.key], required: false };
  }

  /** What it answers, and what it shows, having cosigned these leaves. */
  cosigned(leaves: readonly Uint8Array[]): { readonly answer: Scripted; readonly note: string } {
    const checkpoint = this.kit.checkpoint(leaves);
    const line = cosignCheckpointEd25519(this.#key, NAME, checkpoint, 1_700_000_000n);
    const lines = formatSignatures([line]);
    return { answer: { status: 200, body: lines }, note: `${this.kit.note(leaves)}${lines}` };
  }

  frontierOf(size: number, history = ''): Frontier {
    return Frontier.empty.extend(this.kit.leaves(size, history)).frontier;
  }

  /** The log whose leaves these are, as a witness is asked about it. */
  logOf(leaves: readonly Uint8Array[]) {
    const source = {
      size: leaves.length,
      leaves: (from: number, to: number) => leaves.slice(from, to),
    };
    return { source, keys: [this.kit.noteKey], verifierKey: this.kit.verifierKey };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(body: string): Scripted {
    this.asked.push(body.split('\n')[0] ?? '');
    return this.script.answers.shift() ?? { status: 500, body: '' };
  }

  #shown(): Scripted {
    const { shows } = this.script;
    return shows === undefined ? { status: 404, body: '' } : { status: 200, body: shows };
  }
}
