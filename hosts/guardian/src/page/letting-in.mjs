// Another window of this page, opened by another page, asks to be let in here.

import { button, made, pageSecret } from './asking.mjs';
import { Settled } from './keys.mjs';

export const CHANNEL = 'ioi-beside';
/** It asks every second for as long as it is open. */
const GONE_MS = 3_000;

/** The question, and the only place where it is answered. */
export class LettingIn {
  #place;
  #say;
  #channel = new BroadcastChannel(CHANNEL);
  #asked;
  #askedAt = 0;
  /** Questions that were answered with no. */
  #refused = new Set();
  #settled = new Settled();

  constructor(place, say) {
    this.#place = place;
    this.#say = say;
    this.#channel.onmessage = ({ data }) => this.#heed(data?.ask);
  }

  /** Who asked and went is forgotten. */
  tick() {
    if (this.#asked === undefined || performance.now() - this.#askedAt < GONE_MS) return;
    this.#end();
  }

  #heed(asked) {
    if (asked === undefined || pageSecret() === '' || this.#refused.has(asked.id)) return;
    // The one that stands here is answered before another is put in its place.
    if (this.#asked !== undefined && asked.id !== this.#asked.id) return;
    this.#askedAt = performance.now();
    if (asked.id === this.#asked?.id) return;
    this.#asked = asked;
    this.#settled.moved();
    const words = `A window that ${asked.origin} opened asks to decide here. Let it in if that is
      where your Workbench is: it says which request is shown there, and nothing more.`;
    this.#place.replaceChildren(
      made('p', words),
      button('Let it in', () => this.#answer(asked)),
      button('No', () => this.#refuse(asked)),
    );
    this.#place.hidden = false;
  }

  #answer(asked) {
    if (!this.#settled.holds()) return this.#say('the question has just changed: look again');
    const { id, origin } = asked;
    this.#channel.postMessage({ in: { id, origin, page: pageSecret() } });
    this.#say(`the window of ${origin} is let in`);
    this.#end();
  }

  #refuse({ id }) {
    this.#refused.add(id);
    this.#channel.postMessage({ no: { id } });
    this.#end();
  }

  #end() {
    this.#asked = undefined;
    this.#place.hidden = true;
    this.#place.replaceChildren();
  }
}
