// Another act in place of one that waits.

import { button, made } from './asking.mjs';

/** What differs, parameter by parameter. */
function changesTo(params, text) {
  const edited = Object(JSON.parse(text));
  const isOther = (name) => JSON.stringify(edited[name]) !== JSON.stringify(params[name]);
  return Object.keys(edited)
    .filter(isOther)
    .map((name) => ({ path: [name], value: edited[name] }));
}

/** The parameters as JSON to be changed; `send` is given what was. */
export function editor({ params }, send) {
  const group = made('div', undefined, { className: 'edit' });
  const text = made('textarea', undefined, { value: JSON.stringify(params, undefined, 2) });
  text.rows = 10;
  text.spellcheck = false;
  text.setAttribute('aria-label', 'Parameters, as JSON');
  const words = made('p', 'It is decided again, and takes an approval of its own.');
  const ask = button('Ask for this instead', () => {
    try {
      send({ changes: changesTo(params, text.value) });
    } catch (fault) {
      words.textContent = fault.message;
    }
  });
  group.append(text, words, ask);
  return group;
}
