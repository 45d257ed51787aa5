import { rank } from './rank.mjs';

const MOST = 12;
const box = document.querySelector('[role=search]');
const field = document.getElementById('site-search');
const found = document.getElementById('site-found');
/** Asked for once, when something is looked for. */
const index = { rows: undefined };

field.hidden = false;
field.addEventListener('input', () => show());
field.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') {
    field.value = '';
    show();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.closest('input, textarea')) return;
  event.preventDefault();
  field.focus();
});

async function show() {
  const asked = field.value;
  index.rows ??= fetch(box.dataset.index).then((answer) => answer.json());
  const best = rank(await index.rows, asked).slice(0, MOST);
  if (asked !== field.value) return;
  found.hidden = asked.trim() === '';
  found.replaceChildren(...(best.length === 0 ? [nothing()] : best.map(item)));
}

function nothing() {
  const line = document.createElement('li');
  line.textContent = 'Nothing is found.';
  return line;
}

function item([where, page, heading, text]) {
  const line = document.createElement('li');
  const link = document.createElement('a');
  link.href = box.dataset.root + where;
  link.textContent = page === heading ? page : `${page}: ${heading}`;
  const about = document.createElement('p');
  about.textContent = text.slice(0, 140);
  line.append(link, about);
  return line;
}
