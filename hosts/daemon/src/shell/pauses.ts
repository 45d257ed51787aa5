import type { ActionRequest, Rejection } from '@ioi/protocol';
import type { KeptFile } from './mcp/kept-file.ts';

/** Who asks, as the node says in each request. */
type Origin = ActionRequest['context'];

type Kept = { readonly stopped: boolean; readonly agents: readonly string[] };

/** Names that stay paused; who pauses more than these stops everything. */
const MOST_NAMES = 256;

/**
 * Who may ask for nothing for now, because a person said so. It only tightens: the policy decides
 * on whatever is let through. Kept on the disk, so that no restart lets anybody go on.
 */
export class Pauses {
  readonly #file: KeptFile | undefined;
  /** Sessions that are paused, with what each asked for since. */
  readonly #paused = new Map<string, { readonly agentId: string; refused: number }>();
  /** Names under which a paused session left: whoever comes under one is paused too. */
  #names: ReadonlySet<string>;
  #isStopped: boolean;
  readonly #watches = new Set<() => void>();

  /** In memory alone without a file. */
  constructor(file?: KeptFile) {
    this.#file = file;
    const { stopped, agents } = keptIn(file);
    this.#isStopped = stopped;
    this.#names = new Set(agents);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Names under which a paused session left. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  isPaused({ agent_id: agentId, session_id: session = '' }: Origin): boolean {
    return this.#paused.has(session) || this.#names.has(agentId);
  }

  refusedOf({ session_id: session = '' }: Origin): number {
    return this.#paused.get(session)?.refused ?? 0;
  }

  /** Why whoever asks is refused now. Each answer counts as one that was refused. */
  refusalOf(origin: Origin): Rejection | undefined {
    const isPaused = this.isPaused(origin);
    if (isPaused) this.pause(origin).refused += 1;
    if (!isPaused && !this.#isStopped) return undefined;
    const message = isPaused ? `session ${origin.session_id} is paused` : 'everything is stopped';
    return { code: 'session.paused', message };
  }

  /** Tells once that whoever asked may ask no more; gives what ends that. */
  watch(origin: Origin, told: () => void): () => void {
    const look = (): void => {
      if (!this.#isStopped && !this.isPaused(origin)) return;
      this.#watches.delete(look);
      told();
    };
    this.#watches.add(look);
    look();
    return () => this.#watches.delete(look);
  }

  pause({ agent_id: agentId, session_id: session = '' }: Origin): { refused: number } {
    const known = this.#paused.get(session);
    if (known !== undefined) return known;
    const paused = { agentId, refused: 0 };
    this.#paused.set(session, paused);
    this.#keep();
    return paused;
  }

  /** The session, and the name it came under. */
  resume({ agent_id: agentId, session_id: session = '' }: Origin): void {
    this.#paused.delete(session);
    this.#names = new Set([...this.#names].filter((name) => name !== agentId));
    this.#keep();
  }

  /** It is gone: whoever comes back under its name is no other. */
  left(session: string | undefined): void {
    const paused = this.#paused.get(session ?? '');
    if (session === undefined || paused === undefined) return;
    this.#paused.delete(session);
    this.#names = new Set([...this.#names, paused.agentId]);
    if (this.#names.size > MOST_NAMES) this.#isStopped = true;
    this.#keep();
  }

  stop(): void {
    this.#isStopped = true;
    this.#keep();
  }

  /** Everybody may ask again, whoever was paused too. */
  lift(): void {
    this.#isStopped = false;
    this.#paused.clear();
    this.#names = new Set();
    this.#keep();
  }

  #keep(): void {
    for (const look of this.#watches) look();
    const paused = [...this.#paused.values()].map(({ agentId }) => agentId);
    const agents = [...new Set([...this.#names, ...paused])];
    this.#file?.write({ stopped: this.#isStopped, agents } satisfies Kept);
  }
}

/** What cannot be read may have said that everything stops. */
function keptIn(file: KeptFile | undefined): Kept {
  try {
    const kept = file?.read();
    if (kept === undefined) return { stopped: false, agents: [] };
    const { stopped, agents } = Object(kept) as Partial<Record<keyof Kept, unknown>>;
    const isKept = typeof stopped === 'boolean' && Array.isArray(agents);
    if (isKept && agents.every((name) => typeof name === 'string')) return { stopped, agents };
  } catch {
    // As damaged as what has another shape.
  }
  return { stopped: true, agents: [] };
}
