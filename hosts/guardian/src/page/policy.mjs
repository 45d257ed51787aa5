// A policy that was written elsewhere: what it would change, and the owner's passphrase.

import { ask, button, made } from './asking.mjs';

function lines(texts, mark) {
  const block = made('pre');
  for (const text of texts) {
    const className = { '+': 'new', '-': 'old' }[mark] ?? 'same';
    block.append(made('span', `${mark}${text}\n`, { className }));
  }
  return block;
}

/** `decide` runs an act unless what is shown has just changed. */
export function policyCard(draft, decide) {
  const { policy_hash, replaces, added, removed } = draft;
  const card = made('article', undefined, { className: 'high', tabIndex: 0 });
  const title = made('h2', `A policy to put in force: ${draft.policy_id}`, { id: 'policy-title' });
  card.setAttribute('aria-labelledby', title.id);
  const secret = made('input', undefined, { type: 'password', placeholder: 'passphrase' });
  secret.setAttribute('aria-label', 'Passphrase of the owner, for this policy');
  secret.autocomplete = 'off';
  const sign = () => ask('/api/policy/activate', { policy_hash, passphrase: secret.value });
  const acts = made('div', undefined, { className: 'acts' });
  acts.append(
    secret,
    button('Put it in force', () => decide('put in force', sign)),
    button('Leave it', () => decide('leave the policy', () => ask('/api/policy/leave'))),
  );
  card.append(
    title,
    made('p', draft.words, { className: 'risk' }),
    ...draft.warnings.map((words) => made('p', words, { className: 'warning' })),
    lines(draft.example, ''),
    lines(removed, '-'),
    lines(added, '+'),
    made('p', `${policy_hash}, in place of ${replaces ?? 'none'}`, { className: 'quiet' }),
    acts,
  );
  return card;
}
