import { seededRandom } from '@ioi/basis';
import { makeBusy } from './api/busy-node.ts';
import { ApiDocument, type Operation } from './api/document.ts';
import { HOSTILE } from './api/make-value.ts';
import { type Leads, type Made, Requests, requestFor } from './api/requests.ts';
import { Line, type Reply } from './api/send.ts';
import { type Evidence, type Progress, sumOf } from './evidence.ts';
import { World } from './frames/world.ts';

export type ApiOptions = {
  readonly requests: number;
  readonly seed: number;
  readonly onProgress?: Progress | undefined;
};

/** A log is read back whole, so a node takes no more than this. */
const REQUESTS_A_NODE = 10_000;
const LANES = 8;
const REPORT_EVERY = 1000;
const UPSTREAM = { transport: 'stdio', era: 'stateful', noise: 0 } as const;

/** Requests over every operation of the API: each is answered as the document says. */
export async function runApi({ requests, seed, onProgress }: ApiOptions): Promise<Evidence> {
  const parts: Evidence[] = [];
  for (let done = 0; done < requests; done += REQUESTS_A_NODE) {
    const world = await BusyWorld.open(seed + done);
    const size = Math.min(REQUESTS_A_NODE, requests - done);
    await world.torment(size, (each) => {
      onProgress?.(done + each, requests, 'requests', world.findings);
    });
    parts.push(await world.close());
  }
  return sumOf(parts);
}

/** A node that has something to tell of every subject, and all that was wrong in its answers. */
export class BusyWorld {
  readonly findings: string[] = [];
  readonly document: ApiDocument;
  readonly #leads: Leads;
  readonly #world: World;
  readonly #line: Line;
  readonly #seed: number;
  readonly #counts: Record<string, number> = {};

  private constructor(world: World, document: ApiDocument, told: { leads: Leads; seed: number }) {
    this.#world = world;
    this.document = document;
    this.#leads = told.leads;
    this.#seed = told.seed;
    this.#line = new Line(world.node.socketPath('daemon'), LANES);
  }

  static async open(seed: number): Promise<BusyWorld> {
    const world = await World.open({ ...UPSTREAM, seed });
    try {
      const document = await ApiDocument.of(world.node);
      return new BusyWorld(world, document, { leads: await makeBusy(world), seed });
    } catch (fault) {
      await world.close();
      throw fault;
    }
  }

  /** Every operation in turn, with members and bodies left to chance. */
  async torment(requests: number, onProgress: (done: number) => void = () => {}): Promise<void> {
    const { operations } = this.document;
    const made = new Requests(this.document, this.#leads, seededRandom(this.#seed));
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < requests) {
        const operation = operations[next % operations.length] as Operation;
        next += 1;
        if (next % REPORT_EVERY === 0) onProgress(next);
        await this.ask(operation, made.next(operation));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /** With members that lead somewhere: the first that the node knows of each. */
  askKnown(operation: Operation): Promise<Reply | undefined> {
    const required = requestFor(operation, (name) =>
      isNeeded(operation, name) ? this.#knownOf(operation, name)[0] : undefined,
    );
    return this.ask(operation, required);
  }

  /** Once for each hostile text, in every member at once. */
  async askHostile(operation: Operation): Promise<void> {
    for (const text of HOSTILE)
      await this.ask(
        operation,
        requestFor(operation, () => text),
      );
  }

  async ask(operation: Operation, { asked, mayMiss }: Made): Promise<Reply | undefined> {
    try {
      const reply = await this.#line.ask(asked);
      this.#count('requests');
      this.#count(`answered_${Math.trunc(reply.status / 100)}xx`);
      const fault = this.document.fault(operation, reply, mayMiss);
      if (fault !== undefined) this.#find(asked, fault);
      return reply;
    } catch (fault) {
      this.#find(asked, `no answer: ${String(fault)}`);
      return undefined;
    }
  }

  /** As it is asked, held against the document by nobody. */
  send(asked: Made['asked']): Promise<Reply> {
    return this.#line.ask(asked);
  }

  /** With what the verifier, the log and the server outside say at the end. */
  async close(): Promise<Evidence> {
    this.#line.close();
    const { findings, counts } = await this.#world.close();
    return {
      findings: [...this.findings, ...findings],
      counts: { ...this.#counts, ...counts, operations: this.document.operations.length },
    };
  }

  #knownOf({ method, path }: Operation, name: string): readonly string[] {
    const { known } = this.#leads;
    return known[`${method} ${path} ${name}`] ?? known[name] ?? ['unknown'];
  }

  #count(figure: string): void {
    this.#counts[figure] = (this.#counts[figure] ?? 0) + 1;
  }

  #find({ method, path, body }: Made['asked'], fault: string): void {
    const sent = body === undefined ? '' : ` ${Buffer.from(body).toString('utf8').slice(0, 300)}`;
    this.findings.push(`${method} ${path.slice(0, 200)}${sent}: ${fault}`);
  }
}

function isNeeded({ parameters }: Operation, name: string): boolean {
  return parameters.some((each) => each.name === name && (each.in === 'path' || each.required));
}
