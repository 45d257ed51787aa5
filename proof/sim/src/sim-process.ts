/** Whatever a process that is gone still tries. */
export class ProcessDied extends Error {
  readonly code = 'sim.process_died';
}

/** A process of the simulated node: once it ended, nothing it does has any effect. */
export class SimProcess {
  readonly name: string;
  #isAlive = true;
  readonly #endings: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  mustLive(): void {
    if (!this.#isAlive) throw new ProcessDied(`${this.name} is gone`);
  }

  onEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  end(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const ending of this.#endings) ending();
  }
}
