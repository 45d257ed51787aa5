import type { Json } from '@ioi/canon';
import {
  errorLine,
  isObject,
  type Message,
  methodNotFound,
  type RpcError,
  type RpcId,
  resultLine,
} from '@ioi/jsonrpc';
import type { Ask, InputRequest, InputResponse, InputResponses } from '@ioi/protocol';
import { withoutTask } from '../core/tasks.ts';
import type { Patience } from './patience.ts';

type Question = Extract<Message, { kind: 'request' }>;
/** The act a question belongs to, and who can be asked there. */
type Asked = { readonly ask?: Ask | undefined; readonly patience: Patience };

const ASKING = ['elicitation/create', 'sampling/createMessage', 'roots/list'];
/** Questions of one connection that wait for their answers. */
const MOST_QUESTIONS = 16;
const MOST_PER_ACT = 64;
/** The one name in the map that a server's own request becomes (`InputRequests`). */
const ONLY = 'request';

/** The requests a server with sessions sends by itself, each answered once or taken back. */
export class Questions {
  readonly #tell: (line: string) => void;
  readonly #open = new Set<RpcId>();
  #isRefusing = false;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  refuse(): void {
    this.#isRefusing = true;
  }

  withdraw(id: RpcId): void {
    this.#open.delete(id);
  }

  /** Nothing is asked of anybody unless it is known whose act this is about (decision 0014). */
  async take(question: Question, asked: Asked | undefined): Promise<void> {
    const { id, method } = question;
    if (this.#isRefusing) return;
    if (method === 'ping') this.#tell(resultLine(id, {}));
    else if (!ASKING.includes(method)) this.#tell(errorLine(id, methodNotFound(method)));
    else if (asked === undefined) {
      this.#tell(
        errorLine(id, named('gateway.ask_unattributable', `${method} is about no one act`)),
      );
    } else if (asked.ask === undefined) this.#tell(errorLine(id, askUnavailable(method)));
    else if (this.#open.has(id) || this.#isTooMuch(asked)) {
      this.#tell(errorLine(id, named('gateway.asks_exceeded', 'too many questions')));
    } else await this.#put(question, asked.ask, asked.patience);
  }

  #isTooMuch({ patience }: Asked): boolean {
    return this.#open.size >= MOST_QUESTIONS || patience.pausesEver >= MOST_PER_ACT;
  }

  async #put({ id, method, params }: Question, ask: Ask, patience: Patience): Promise<void> {
    this.#open.add(id);
    patience.pause();
    const own =
      params === undefined ? {} : { params: isObject(params) ? withoutTask(params) : params };
    const request: InputRequest = { method, ...own };
    const answers: InputResponses = await ask({ [ONLY]: request }).catch(() => ({}));
    patience.resume();
    // Taken back, or the server has used the name again.
    if (!this.#open.delete(id)) return;
    this.#tell(answerLine(id, Object.hasOwn(answers, ONLY) ? answers[ONLY] : undefined));
  }
}

function answerLine(id: RpcId, answer: InputResponse | undefined): string {
  if (answer?.kind === 'result') return resultLine(id, answer.result);
  const unanswered = named('gateway.ask_unanswered', 'the client gave no answer');
  return errorLine(id, answer?.kind === 'error' ? answer.error : unanswered);
}

/** For a server that asks where nobody can be asked. */
export function askUnavailable(method: string): RpcError {
  return { ...methodNotFound(method), data: { code: 'gateway.ask_unavailable' } };
}

/** A refusal of this side, named as our rejections are. */
export function named(code: string, message: string): RpcError & { readonly data: Json } {
  return { code: -32000, message: `${code}: ${message}`, data: { code } };
}
