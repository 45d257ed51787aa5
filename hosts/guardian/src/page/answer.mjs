// What an agent asked in words: one of its choices, or a person's own.

import { button, made } from './asking.mjs';

/** `give` is given the words. `choices` as they are, `shown` as they may be shown. */
export function answerPanel({ choices, shown }, give) {
  const panel = made('fieldset', undefined, { className: 'acts' });
  const words = made('input', undefined, { maxLength: 4096, placeholder: 'in your words' });
  words.setAttribute('aria-label', 'Answer, in your words');
  const picks = choices.map((choice, at) => {
    return button(`${at + 1} ${shown[at] ?? ''}`, () => give(choice));
  });
  const own = () => {
    if (words.value.trim() !== '') give(words.value);
  };
  panel.append(made('legend', 'Answer'), ...picks, words, button('Answer', own));
  panel.addEventListener('keydown', (event) => {
    if (!event.isTrusted || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const choice = event.target === words ? undefined : choices[Number(event.key) - 1];
    if (choice !== undefined) give(choice);
    else if (event.target === words && event.key === 'Enter') own();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return panel;
}
