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

/** By action; '' where it is switched off. */
function keys() {
  const usual = Object.fromEntries(ACTIONS.map(({ action, key }) => [action, key]));
  try {
    return { ...usual, ...JSON.parse(localStorage.getItem(KEPT) ?? '{}') };
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
      localStorage.setItem(KEPT, JSON.stringify({ ...keys(), [action]: field.value.trim() }));
    });
    const label = made('label', words);
    label.append(field);
    list.append(label);
  }
  const words = 'They act on the request that has the focus. An empty field switches a key off.';
  place.replaceChildren(made('summary', 'Keys'), made('p', words, { className: 'quiet' }), list);
}

/** Whether what stands there stood still long enough to be meant. */
export class Settled {
  #movedAt = performance.now();

  moved() {
    this.#movedAt = performance.now();
  }

  /** Whoever was too early waits anew: keys that are hammered on mean nothing. */
  holds() {
    const isSettled = performance.now() - this.#movedAt > SETTLED_MS;
    if (!isSettled) this.moved();
    return isSettled;
  }
}
