// What waits of equal shape, line by line, and one act that approves each by its own token.

import { ask, button, made } from './asking.mjs';

/** One after the other: what came of each is known before the next. */
async function approveEach(hashes) {
  const faults = [];
  for (const request_hash of hashes) {
    await ask('/api/approve', { request_hash }).catch((fault) => faults.push(fault.message));
  }
  const words = `${hashes.length - faults.length} of ${hashes.length} approved`;
  if (faults.length > 0) throw new Error(`${words}; ${faults[0]}`);
  return { words };
}

/** `drawn` draws the lines of a parameter; `decide` runs an act unless all has just moved. */
export function batchPanel(items, differs, { drawn, decide }) {
  const hashes = items.map(({ request_hash }) => request_hash);
  const panel = made('fieldset', undefined, { className: 'batch' });
  const list = made('ol');
  for (const { params, facts, warnings } of items) {
    const line = made('li');
    for (const { name, lines } of params.filter((each) => differs.includes(each.name))) {
      line.append(made('div', name, { className: 'quiet' }), drawn(lines));
    }
    if (differs.length === 0) line.append(made('div', 'the same once more'));
    // What the node found out about each, which no parameter says.
    for (const words of facts) line.append(made('div', words, { className: 'quiet' }));
    for (const words of warnings) line.append(made('p', words, { className: 'warning' }));
    list.append(line);
  }
  const what = differs.length === 0 ? 'nothing differs' : `they differ in ${differs.join(', ')}`;
  panel.append(
    made('legend', `${items.length} of equal shape`),
    made('p', `All else is as above; ${what}. Each is approved by a token of its own.`),
    list,
    button(`Approve these ${items.length}`, () =>
      decide(`approve ${items.length}`, () => approveEach(hashes)),
    ),
  );
  return panel;
}
