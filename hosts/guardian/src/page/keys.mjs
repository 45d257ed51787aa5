// Which single key does what, as kept in this browser for this page, and when one counts.

import { made } from './asking.mjs';

const KEPT = 'ioi-keys';
const ACTIONS = [
  { action: 'approve', key: 'a', words: 'Approve, as Enter does' },
  { action: 'deny', key: 'd', words: 'Deny; Escape denies without a reason' },
  { action: 'extend', key: 'e', words: 'One more hour' },
  { action: 'batch', key: 'b', words: 'All of equal shape' },
  { action: 'next', key: 'j', words: 'The next one' },
  { action: 'previous', key: 'k', words: 'The one before' },
];
/** What has just moved under the hand was not meant by it. */
const SETTLED_MS = 400;
/** In a smaller window nobody sees what they decide. */
const LEAST_WIDTH = 240;
const LEAST_HEIGHT = 200;

/** Each a character of its own, or none: what was kept here may be by another program. */
function areKeys(all) {
  const given = Object.values(all).filter((key) => key !== '');
  const isKey = (key) => typeof key === 'string' && /^\S$/u.test(key);
  return given.every(isKey) && new Set(given).size === given.length;
}

/** By action; '' where it is switched off. */
function keys() {
  const usual = Object.fromEntries(ACTIONS.map(({ action, key }) => [action, key]));
  try {
    const kept = Object(JSON.parse(localStorage.getItem(KEPT) ?? '{}'));
    const own = Object.entries(kept).filter(([action]) => Object.hasOwn(usual, action));
    const all = { ...usual, ...Object.fromEntries(own) };
    return areKeys(all) ? all : usual;
  } catch {
    return usual;
  }
}

/** What a key asks for, if anything. Enter and Escape go with what they stand for. */
export function actionOf(key) {
  const now = keys();
  if (key === 'Enter') return now.approve === '' ? undefined : 'approve';
  if (key === 'Escape') return now.deny === '' ? undefined : 'deny';
  return ACTIONS.find(({ action }) => now[action] !== '' && now[action] === key)?.action;
}

/** A list of all of them, each to be changed or emptied. */
export function drawKeys(place) {
  const list = made('div', undefined, { className: 'keys' });
  for (const { action, words } of ACTIONS) {
    const field = made('input', undefined, { maxLength: 1, size: 2, value: keys()[action] });
    field.autocomplete = 'off';
    field.addEventListener('input', () => {
      const all = { ...keys(), [action]: field.value.trim() };
      field.setCustomValidity(areKeys(all) ? '' : 'another action has this key');
      field.reportValidity();
      if (areKeys(all)) localStorage.setItem(KEPT, JSON.stringify(all));
    });
    const label = made('label', words);
    label.append(field);
    list.append(label);
  }
  const words = 'They act on the request that has the focus. An empty field switches a key off.';
  place.replaceChildren(made('summary', 'Keys'), made('p', words, { className: 'quiet' }), list);
}

/**
 * Whether what stands there stood still, was painted, and had the focus long enough to be meant.
 * Keys that come earlier begin the wait anew, whatever they are: what is typed blindly means
 * nothing.
 */
export class Settled {
  /** From then on it stands; not yet where it was not painted. */
  #since = Number.POSITIVE_INFINITY;
  #turn = 0;
  #cue;

  /** @param cue Says whether a key counts by now, in `data-settled`. */
  constructor(cue) {
    this.#cue = cue;
    this.moved();
    addEventListener('focus', () => this.moved());
    document.addEventListener('visibilitychange', () => this.moved());
    const early = ({ isTrusted, timeStamp }) => {
      if (isTrusted && !this.#isSettled(timeStamp)) this.moved();
    };
    addEventListener('keydown', early, true);
  }

  /** Watches what stands there change its size: what is below it moves. */
  watch(elements) {
    const observer = new ResizeObserver(() => this.moved());
    for (const each of elements) observer.observe(each);
  }

  moved() {
    this.#since = Number.POSITIVE_INFINITY;
    this.#turn += 1;
    const turn = this.#turn;
    this.#tell('no');
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        if (turn === this.#turn) this.#stand(turn);
      });
    });
  }

  #stand(turn) {
    this.#since = performance.now();
    setTimeout(() => turn === this.#turn && this.#tell('yes'), SETTLED_MS + 1);
  }

  #tell(word) {
    if (this.#cue !== undefined) this.#cue.dataset.settled = word;
  }

  /** By when it was pressed, and not by when the page came to look at it. */
  holds() {
    const at = globalThis.event?.timeStamp ?? performance.now();
    const isSettled = this.#isSettled(at);
    if (!isSettled) this.moved();
    return isSettled;
  }

  #isSettled(at) {
    const isSeen = innerWidth >= LEAST_WIDTH && innerHeight >= LEAST_HEIGHT;
    return isSeen && at - this.#since > SETTLED_MS;
  }
}
