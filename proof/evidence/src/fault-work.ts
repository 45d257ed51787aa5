import { newOperationId } from '@ioi/agentgres/shell';
import type { Answer, NodeProcess } from '@ioi/kit';
import type { Shown } from './domain-audit.ts';
import { DOMAIN, NOTE_CLASS } from './domain-work.ts';

export const DOMAIN_NAME = 'evidence.example';
const OPERATIONS_PATH = `/v1/domains/${DOMAIN_NAME}/operations`;
/** Enough for several commits of several callers; more would only repeat their calls. */
const OPERATIONS = 48;
const CALLERS = 16;
/** Nobody waits longer for an answer: the node hangs. */
const ANSWER_MS = 60_000;

type Request = {
  readonly operation_id: string;
  readonly operation: string;
  readonly payload: object;
};

/** The operations of one run; said again they have the ids they had. */
export class Work {
  readonly acknowledged = new Set<string>();
  readonly shown: Shown[] = [];
  readonly #define = requestOf('objects/class.define', NOTE_CLASS);
  readonly #puts: readonly (Request & { readonly id: string })[];
  /** Somebody waited too long. */
  hangs = false;

  constructor() {
    this.#puts = Array.from({ length: OPERATIONS }, (_, at) => {
      const id = `note_${at}`;
      const put = { object_class: 'Note', id, value: { text: id } };
      return { id, ...requestOf('objects/put', put) };
    });
  }

  /** Says all that was not acknowledged; resolves with answers that are neither yes nor already. */
  async say(node: NodeProcess): Promise<string[]> {
    const refused: string[] = [];
    await this.#begin(node);
    const waiting = this.#puts.filter(({ id }) => !this.acknowledged.has(id));
    const caller = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { id, ...request } = next;
        const answer = await this.#ask(node, OPERATIONS_PATH, request);
        if (stands(answer)) this.acknowledged.add(id);
        else if (answer) refused.push(`${id}: ${JSON.stringify(answer.body)}`);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await this.#look(node);
    return refused;
  }

  /** Domain and class; whoever is refused because a file could not be opened asks again. */
  async #begin(node: NodeProcess): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await this.#ask(node, '/v1/domains', { domain_id: DOMAIN });
      if (stands(await this.#ask(node, OPERATIONS_PATH, this.#define))) return;
    }
  }

  /** Remembers the checkpoint that is shown. */
  async #look(node: NodeProcess): Promise<void> {
    const status = await this.#request(node, 'GET', `/v1/domains/${DOMAIN_NAME}`);
    const [, size, root] = String(status?.body['note'] ?? '').split('\n');
    if (size && root) this.shown.push({ size: Number(size), root });
  }

  #ask(node: NodeProcess, path: string, body: object): Promise<Answer | undefined> {
    return this.#request(node, 'POST', path, body);
  }

  /** Undefined when the connection ended without an answer. */
  async #request(
    node: NodeProcess,
    ...request: Parameters<NodeProcess['api']>
  ): Promise<Answer | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.hangs = true;
      late.resolve(undefined);
    }, ANSWER_MS);
    const answer = node.api(...request).catch(() => undefined);
    return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
  }
}

function stands(answer: Answer | undefined): boolean {
  return answer?.status === 201 || answer?.body['code'] === 'operation.duplicate';
}

function requestOf(operation: string, payload: object): Request {
  return { operation_id: newOperationId(), operation, payload };
}
