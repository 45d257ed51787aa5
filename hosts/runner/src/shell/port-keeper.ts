import type { RunPortTold } from '@ioi/protocol';

/** A port that was asked for, as long as it may be open. */
export type AskedPort = {
  /** Undefined where the node says nothing. */
  readonly told: Promise<RunPortTold | undefined>;
  /** That it may be no longer: the node, or a person, took it back. */
  readonly over: Promise<void>;
  close(): void;
};

/** A port of this machine that is held, and by which nobody is let in before that is said. */
export type HeldPort = { letIn(): void; close(): void };

type Around = {
  readonly hold: (port: number) => Promise<HeldPort>;
  readonly ask: (port: number) => AskedPort;
  readonly say: (line: string) => void;
};

export type PortRange = { readonly from: number; readonly to: number };

type Open = { close(): void };

/**
 * Follows what listens in a sandbox: each port that was named for it is asked for, and open outside
 * as long as something listens there, nobody takes it back, and the run lasts.
 */
export class PortKeeper {
  readonly #wanted: readonly PortRange[];
  readonly #around: Around;
  readonly #open = new Map<number, Open>();

  constructor(wanted: readonly PortRange[], around: Around) {
    this.#wanted = wanted;
    this.#around = around;
  }

  /** What listens now. */
  listens(ports: readonly number[]): void {
    for (const port of this.#open.keys()) if (!ports.includes(port)) this.#close(port);
    for (const port of ports) {
      const isWanted = this.#wanted.some(({ from, to }) => from <= port && port <= to);
      if (isWanted && !this.#open.has(port)) void this.#ask(port);
    }
  }

  close(): void {
    for (const port of this.#open.keys()) this.#close(port);
  }

  async #ask(port: number): Promise<void> {
    const { hold, ask, say } = this.#around;
    let isOver = false;
    let end = (): void => {};
    // What is refused stays so until it listens anew.
    this.#open.set(port, {
      close: () => {
        isOver = true;
        end();
      },
    });
    const held = await hold(port).catch((fault: Error) => fault);
    if (held instanceof Error)
      return say(`port ${port} is not opened: port.taken, ${held.message}`);
    if (isOver) return held.close();
    const asked = ask(port);
    end = () => {
      held.close();
      asked.close();
    };
    const told = await asked.told;
    if (isOver) return;
    if (told?.port !== port) {
      end();
      const { code = 'node.silent', title = 'the node says nothing', receipt_id } = told ?? {};
      const by = [title, told?.rule_id, receipt_id].filter((each) => each !== undefined);
      return say(`port ${port} is not opened: ${code} (${by.join(', ')})`);
    }
    held.letIn();
    say(`port ${port} is open: http://127.0.0.1:${port}/ (${told.receipt_id})`);
    await asked.over;
    if (isOver) return;
    end();
    say(`port ${port} is closed: the node, or a person, took it back`);
  }

  #close(port: number): void {
    this.#open.get(port)?.close();
    this.#open.delete(port);
  }
}
