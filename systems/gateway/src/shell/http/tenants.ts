import type { Backend, Notice } from '../../core/backend.ts';
import { ReplayRoom } from './event-log.ts';
import type { HttpLimits } from './limits.ts';
import type { McpEndpointOptions } from './options.ts';
import { HttpPrincipal } from './principal.ts';
import { HttpSession } from './session.ts';

/** How often it is looked at who has left without a word, in parts of the time they may. */
const SWEEPS = 10;

/** Sessions and principals of one endpoint: bounded, and forgotten when nobody uses them. */
export class Tenants {
  isClosed = false;
  readonly #backendFor: McpEndpointOptions['backendFor'];
  readonly #limits: HttpLimits;
  readonly #room: ReplayRoom;
  readonly #sessions = new Map<string, HttpSession>();
  readonly #opening = new Map<string, Promise<HttpPrincipal>>();
  readonly #opened = new Map<string, HttpPrincipal>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(backendFor: McpEndpointOptions['backendFor'], limits: HttpLimits) {
    this.#backendFor = backendFor;
    this.#limits = limits;
    this.#room = new ReplayRoom(limits);
    this.#sweeper = setInterval(() => this.#sweep(), limits.idleMs / SWEEPS).unref();
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** A new session; absent where there are too many and all of them are in use. */
  async open(principal: string): Promise<HttpSession | undefined> {
    if (this.#sessions.size >= this.#limits.sessions) {
      const oldest = oldestIdle([...this.#sessions.values()]);
      if (oldest === undefined) return undefined;
      this.end(oldest);
    }
    const backend = this.#backendFor(principal, 'stateful');
    const keeping = { limits: this.#limits, room: this.#room };
    const session = new HttpSession(principal, backend, keeping);
    this.#sessions.set(session.id, session);
    try {
      await session.runner.open();
    } catch (error) {
      this.end(session);
      throw error;
    }
    return session;
  }

  session(id: string, principal: string): HttpSession | undefined {
    const session = this.#sessions.get(id);
    if (session?.runner.state.phase === 'closed') this.#sessions.delete(id);
    const isTheirs = session?.principal === principal && session.runner.state.phase !== 'closed';
    return isTheirs ? session : undefined;
  }

  end(session: HttpSession): void {
    this.#sessions.delete(session.id);
    session.runner.accept({ kind: 'closed', byUs: true });
  }

  /** Everything stateless of a principal; absent where there are too many in use. */
  async principal(name: string): Promise<HttpPrincipal | undefined> {
    const known = this.#opened.get(name);
    if (known !== undefined && known.runner.state.phase !== 'closed') return known;
    const pending = this.#opening.get(name);
    if (pending !== undefined) return pending;
    if (this.#opened.size + this.#opening.size >= this.#limits.principals) {
      const oldest = oldestIdle([...this.#opened.values()]);
      if (oldest === undefined) return undefined;
      this.#forget(oldest);
    }
    const opening = this.#openPrincipal(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  async #openPrincipal(name: string): Promise<HttpPrincipal> {
    const opened = new HttpPrincipal(this.#backendFor(name, 'stateless'), this.#limits);
    try {
      await opened.runner.open();
      if (this.isClosed) opened.runner.accept({ kind: 'closed', byUs: true });
      else this.#opened.set(name, opened);
      return opened;
    } catch (error) {
      opened.runner.accept({ kind: 'closed', byUs: true });
      throw error;
    }
  }

  notify(notice: Notice, to: (backend: Backend) => boolean = () => true): void {
    for (const { runner } of this.#sessions.values()) {
      if (to(runner.backend)) runner.notify(notice);
    }
    for (const principal of this.#opened.values()) {
      if (to(principal.runner.backend)) principal.notify(notice);
    }
  }

  /** Its streams end, and what they wait for is called off. */
  revoke(principal: string): void {
    for (const session of [...this.#sessions.values()]) {
      if (session.principal === principal) this.end(session);
    }
    const stateless = this.#opened.get(principal);
    if (stateless !== undefined) this.#forget(stateless);
    void this.#opening.get(principal)?.then(
      (opened) => this.#forget(opened),
      () => {},
    );
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.#sweeper);
    for (const session of [...this.#sessions.values()]) this.end(session);
    for (const { runner } of this.#opened.values()) runner.accept({ kind: 'closed', byUs: true });
    this.#opened.clear();
  }

  #sweep(): void {
    const before = Date.now() - this.#limits.idleMs;
    for (const session of [...this.#sessions.values()]) {
      if (isLeft(session, before)) this.end(session);
    }
    for (const principal of [...this.#opened.values()]) {
      if (isLeft(principal, before)) this.#forget(principal);
    }
  }

  #forget(principal: HttpPrincipal): void {
    for (const [name, each] of this.#opened) if (each === principal) this.#opened.delete(name);
    principal.runner.accept({ kind: 'closed', byUs: true });
  }
}

/** Whoever may still ask what became of a task has not left; to make room it is not waited for. */
function isLeft(tenant: HttpSession | HttpPrincipal, before: number): boolean {
  return tenant.isIdle && tenant.runner.state.tasks.length === 0 && tenant.usedAt < before;
}

/** Who makes room for another: of those nobody uses now the one unused for longest. */
function oldestIdle<T extends HttpSession | HttpPrincipal>(tenants: readonly T[]): T | undefined {
  const [oldest] = tenants
    .filter((each) => each.isIdle)
    .sort((one, other) => one.usedAt - other.usedAt);
  return oldest;
}
