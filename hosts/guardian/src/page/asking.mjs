// What every page of the guardian does: ask it, and let a passkey sign.

const KEY = 'ioi-page';

export function made(name, text, properties = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  return Object.assign(element, properties);
}

export function keepPage(page) {
  sessionStorage.setItem(KEY, page);
}

/** '' where this page has no session. */
export function pageSecret() {
  return sessionStorage.getItem(KEY) ?? '';
}

export function forgetPage() {
  sessionStorage.removeItem(KEY);
}

/** How an act ended, for whoever did it. */
export function outcomeText({ standing, words = 'done' }) {
  return standing ? `${standing.signed.length} of ${standing.needs.factors} signed` : words;
}

export async function ask(path, body = {}) {
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-ioi-page': pageSecret(),
    },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.title), { code: answer.code });
  return answer;
}

/** Of base64 or base64url. */
export function bytesOf(text) {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(plain), (character) => character.codePointAt(0));
}

export function textOf(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}

export async function assertion({ challenge, rp_id: rpId, allow }) {
  const { rawId, response } = await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(challenge),
      rpId,
      allowCredentials: allow.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
      userVerification: 'required',
    },
  });
  return {
    credential_id: textOf(rawId),
    authenticator_data: textOf(response.authenticatorData),
    client_data: textOf(response.clientDataJSON),
    signature: textOf(response.signature),
  };
}

export async function createPasskey(asked, label) {
  const { response } = await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(asked.challenge),
      rp: { id: asked.rp_id, name: 'IOI' },
      user: { id: bytesOf(asked.user_id), name: label, displayName: label },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: asked.exclude.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
      authenticatorSelection: { residentKey: asked.resident_key, userVerification: 'required' },
      attestation: 'none',
    },
  });
  return {
    client_data: textOf(response.clientDataJSON),
    authenticator_data: textOf(response.getAuthenticatorData()),
    transports: response.getTransports?.() ?? [],
  };
}

export function button(text, run) {
  const element = made('button', text, { type: 'button' });
  element.addEventListener('click', (event) => {
    // A script that clicks gets no further here, and no signature anywhere.
    if (event.isTrusted) run();
  });
  return element;
}
