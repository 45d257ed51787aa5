// A policy: what it would change, and the owner's passphrase or a passkey of theirs.

import { ask, assertion, button, made } from './asking.mjs';

function lines(texts, mark) {
  const block = made('pre');
  for (const text of texts) {
    const className = { '+': 'new', '-': 'old' }[mark] ?? 'same';
    block.append(made('span', `${mark}${text}\n`, { className }));
  }
  return block;
}

/** What stands above the acts, the same wherever a policy is shown. */
function shown({ policy_id, policy_hash, replaces, ...draft }, heading, id) {
  const card = made('article', undefined, { className: 'high', tabIndex: 0 });
  const title = made('h2', `${heading}: ${policy_id}`, { id });
  card.setAttribute('aria-labelledby', title.id);
  card.append(
    title,
    made('p', draft.words, { className: 'risk' }),
    ...draft.warnings.map((words) => made('p', words, { className: 'warning' })),
    lines(draft.example, ''),
    lines(draft.removed, '-'),
    lines(draft.added, '+'),
    made('p', `${policy_hash}, in place of ${replaces ?? 'none'}`, { className: 'quiet' }),
  );
  return card;
}

/** `decide` runs an act unless what is shown has just changed. */
export function policyCard(draft, decide) {
  const { policy_hash } = draft;
  const card = shown(draft, 'A policy to put in force', 'policy-title');
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
  card.append(acts);
  return card;
}

/** What the owner signed: whoever has the passkey shows with it that they are there. */
export function stepUpCard(signed, decide) {
  const { request_hash } = signed;
  const card = shown(signed, 'Signed, and to be confirmed', 'step-up-title');
  const confirm = async () => {
    const asked = await ask('/api/step-up/challenge', { request_hash });
    return ask('/api/step-up/confirm', { request_hash, assertion: await assertion(asked) });
  };
  const acts = made('div', undefined, { className: 'acts' });
  acts.append(
    button('Confirm with a passkey', () => decide('confirm', confirm)),
    button('Leave it', () => decide('leave it', () => ask('/api/step-up/leave', { request_hash }))),
  );
  card.append(acts);
  return card;
}
