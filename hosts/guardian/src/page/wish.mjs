// A statement that was asked for elsewhere: what it says, and the owner's passphrase.

import { ask, button, made } from './asking.mjs';

/** `decide` runs an act unless what is shown has just changed. */
export function wishCard({ review_hash, title, act, words, widens }, decide) {
  const card = made('article', undefined, { className: widens ? 'high' : '', tabIndex: 0 });
  const heading = made('h2', title, { id: 'wish-title' });
  card.setAttribute('aria-labelledby', heading.id);
  const secret = made('input', undefined, { type: 'password', placeholder: 'passphrase' });
  secret.setAttribute('aria-label', 'Passphrase of the owner, for this statement');
  secret.autocomplete = 'off';
  const sign = () => ask('/api/wish/sign', { review_hash, passphrase: secret.value });
  const acts = made('div', undefined, { className: 'acts' });
  acts.append(
    secret,
    button(act, () => decide(act.toLowerCase(), sign)),
    button('Leave it', () => decide('leave it', () => ask('/api/wish/leave'))),
  );
  const lines = made('pre');
  for (const text of words) lines.append(made('span', `${text}\n`, { className: 'same' }));
  card.append(heading, lines, acts);
  return card;
}
