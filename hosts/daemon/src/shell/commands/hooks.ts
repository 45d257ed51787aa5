import { BoundedMap } from '@ioi/basis';
import { type Digest, digestBytes, type Json } from '@ioi/canon';
import type {
  CommandAct,
  CommandAsking,
  HookAnswer,
  HookAsked,
  HookBackend,
  HookEnd,
} from '@ioi/gateway/shell';
import { commandContract } from '@ioi/law';
import { hookAgentId } from '../../core/index.ts';
import { Session } from '../mcp/session.ts';
import { RunRecord } from '../web/run-record.ts';
import { type CommandOptions, RunCommands } from './command-backend.ts';

export type HooksOptions = CommandOptions & { readonly nodeId: string };

type HookSession = {
  readonly session: Session;
  readonly commands: RunCommands;
  /** Where its agent was when it first asked: what its paths are read against. */
  readonly folder: string;
  /** When it last did, ms of this process. */
  readonly asked: number;
};

const MOST_SESSIONS = 256;
const LATELY_MS = 900_000;
const MOST_OPEN = 1024;
const SILENT = { unknown: 'its agent said nothing of its end' };

/** Acts of agents' own shells, asked for by a hook before and told of by one after. */
export class Hooks implements HookBackend {
  readonly #options: HooksOptions;
  readonly #sessions = new BoundedMap<string, HookSession>(MOST_SESSIONS);
  /** What was let through and whose end was not told yet; one call may be under way twice. */
  readonly #open = new BoundedMap<object, { readonly of: Digest; end(told: Json): void }>(
    MOST_OPEN,
  );

  constructor(options: HooksOptions) {
    this.#options = { ...options, isolationTier: 'advisory' };
  }

  folderOf(sessionId: string | undefined): string | undefined {
    const all = [...this.#sessions.entries()].map(([, each]) => each);
    return all.find(({ session }) => session.origin.session_id === sessionId)?.folder;
  }

  /** Who asked lately: an agent does not say when it leaves. */
  connected(): readonly Session[] {
    const since = performance.now() - LATELY_MS;
    const all = [...this.#sessions.entries()].map(([, each]) => each);
    return all.filter(({ asked }) => asked > since).map(({ session }) => session);
  }

  before(
    asked: HookAsked,
    act: CommandAct,
    { signal, onPending }: Pick<CommandAsking, 'signal' | 'onPending'>,
  ): Promise<HookAnswer> {
    const { promise, resolve } = Promise.withResolvers<HookAnswer>();
    const { commands } = this.#sessionOf(asked, act.cwd);
    // A hook that was told to go on has gone: from then on its act is under way without it.
    const gone = new AbortController();
    let isUnderWay = false;
    const leave = (): void => void (isUnderWay || gone.abort());
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    const run: CommandAsking['run'] = async (sealed) => {
      if (gone.signal.aborted) return { not_started: 'the hook that asked is gone' };
      const isSame = sealed.command === act.command && sealed.cwd === act.cwd;
      if (!isSame) return { not_started: 'an agent that asks by a hook does its own text alone' };
      isUnderWay = true;
      const end = this.#underWay(keyOf(asked));
      resolve({ kind: 'go' });
      return end;
    };
    void commands.act(act, { signal: gone.signal, run, onPending }).then((answer) => {
      if (answer.kind === 'refused') resolve(answer);
    });
    return promise;
  }

  after(asked: HookAsked, told: HookEnd): boolean {
    const key = keyOf(asked);
    const found = [...this.#open.entries()].find(([, { of }]) => of === key);
    found?.[1].end(told);
    return found !== undefined;
  }

  async refuse(raw: string): Promise<HookAnswer> {
    const { commands } = this.#sessionOf({ agent: 'unknown', session: '', call: '' }, '/');
    const answer = await commands.refuse(raw);
    return answer.kind === 'refused'
      ? answer
      : { kind: 'refused', code: 'request.invalid', title: '' };
  }

  /** Its end, which is its agent's to tell; it is waited for no longer than such acts may take. */
  #underWay(of: Digest): Promise<Json> {
    const { promise, resolve } = Promise.withResolvers<Json>();
    const key = {};
    const late = setTimeout(() => end(SILENT), commandContract().limits.timeout_ms).unref();
    const end = (told: Json): void => {
      clearTimeout(late);
      this.#open.delete(key);
      resolve(told);
    };
    this.#open.set(key, { of, end })?.[1].end(SILENT);
    return promise;
  }

  #sessionOf({ agent, session: name }: HookAsked, cwd: string): HookSession {
    const key = JSON.stringify([agent, name]);
    const known = this.#sessions.get(key);
    const made = { ...(known ?? this.#opened(agent, cwd)), asked: performance.now() };
    const displaced = this.#sessions.set(key, made)?.[1];
    if (displaced) this.#options.boundary.left(displaced.session.origin.session_id);
    return made;
  }

  #opened(agent: string, folder: string): Omit<HookSession, 'asked'> {
    const { nodeId, boundary } = this.#options;
    const id = hookAgentId(nodeId.slice('node://'.length), agent);
    const session = new Session(id, undefined);
    boundary.arrived(session.origin.session_id);
    const record = new RunRecord({ isOverlay: false, isAsking: true });
    const commands = new RunCommands(this.#options, { session, folder, record });
    return { session, commands, folder };
  }
}

function keyOf({ agent, session, call }: HookAsked): Digest {
  return digestBytes(JSON.stringify([agent, session, call]));
}
