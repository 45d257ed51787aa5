// The page on another device, before its passkey lets it see what waits.

import { ask, assertion, button, createPasskey, keepPage, made } from './asking.mjs';

async function makeHere(label) {
  const asked = await ask('/api/passkey/challenge');
  return ask('/api/passkey', await createPasskey(asked, label));
}

async function signIn() {
  const { ticket, ...challenge } = await ask('/api/enter/challenge');
  const entered = await ask('/api/enter', { ticket, assertion: await assertion(challenge) });
  keepPage(entered.page);
  return entered;
}

/** Enrolling by a link, or signing in with the passkey that was made. */
export function drawDevice(place, { enrolling }, act) {
  const words = (text, className = '') => made('p', text, { className });
  if (enrolling === undefined || enrolling.is_confirmed) {
    const done = enrolling ? [words('The owner confirmed this device.')] : [];
    const enter = button('Sign in with a passkey', () => act('sign in', signIn));
    place.replaceChildren(...done, enter);
    return;
  }
  const { label, code } = enrolling;
  if (code !== undefined) {
    place.replaceChildren(
      words(`The owner has to confirm “${label}” at the node: ioi approver confirm ${code}`),
      words(code, 'code'),
    );
    return;
  }
  place.replaceChildren(
    words(`This device would approve as “${label}”.`),
    button('Make a passkey here', () => act('make a passkey', () => makeHere(label))),
  );
}
