import type { Chance } from './chance.ts';

/** A plain file that is replaced as a whole and never flushed: a crash may leave any of it. */
export class Blob {
  readonly #chance: Chance;
  #kept: Uint8Array | undefined;
  #bytes: Uint8Array | undefined;
  /** Before a bit flipped in them, and after. */
  #flip: { readonly right: Uint8Array; readonly wrong: Uint8Array } | undefined;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  set bytes(bytes: Uint8Array | undefined) {
    this.#bytes = bytes;
  }

  /** The old bytes, the new, or the new torn at any place. */
  losePower(): void {
    const fate = this.#chance.below(3);
    if (fate === 0) this.#bytes = this.#kept;
    else if (fate === 1 && this.#bytes) {
      this.#bytes = this.#bytes.subarray(0, this.#chance.below(this.#bytes.length + 1));
    }
    this.#kept = this.#bytes;
  }

  flipBit(): void {
    const flipped = this.#bytes && Uint8Array.from(this.#bytes);
    if (!flipped?.length) return;
    const at = this.#chance.below(flipped.length);
    flipped[at] = (flipped[at] as number) ^ (1 << this.#chance.below(8));
    this.#flip = { right: this.#bytes as Uint8Array, wrong: flipped };
    this.#bytes = flipped;
  }

  repair(): void {
    if (this.#flip && this.#bytes === this.#flip.wrong) this.#bytes = this.#flip.right;
    this.#flip = undefined;
  }
}
