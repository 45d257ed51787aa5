// Why not: a list with a number for each, or words of one's own.

import { button, made } from './asking.mjs';

const REASONS = [
  'Not now',
  'Not in this place',
  'More than was asked of you',
  'Ask me first what you want it for',
];

/** `deny` is given the words, or ''. */
export function reasonsPanel(deny) {
  const panel = made('fieldset', undefined, { className: 'acts' });
  const words = made('input', undefined, { maxLength: 1024, placeholder: 'in your words' });
  words.setAttribute('aria-label', 'Reason, in your words');
  const given = REASONS.map((reason, at) => button(`${at + 1} ${reason}`, () => deny(reason)));
  panel.append(made('legend', 'Deny, because'), ...given, words);
  panel.append(button('Deny', () => deny(words.value)));
  panel.addEventListener('keydown', (event) => {
    if (!event.isTrusted || event.repeat) return;
    const reason = event.target === words ? undefined : REASONS[Number(event.key) - 1];
    if (reason !== undefined) deny(reason);
    else if (event.target === words && event.key === 'Enter') deny(words.value);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return panel;
}
