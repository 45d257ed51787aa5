import type { Page } from 'playwright-core';

/** Runs a function of JavaScript in a page, as an extension or an attacker's script would. */
export function inPage<T>(page: Page, script: string, given: unknown = null): Promise<T> {
  return page.evaluate(`(${script})(${JSON.stringify(given)})`) as Promise<T>;
}

/** Whether the answer was no success, or there was none. */
export const FETCH = `async ({ url, options }) => {
  try {
    return !(await fetch(url, options)).ok;
  } catch {
    return true;
  }
}`;

export const CLICK_ALL = `() => {
  for (const button of document.querySelectorAll('article button')) button.click();
}`;

export const MOUSE_EVENTS = `() => {
  for (const button of document.querySelectorAll('article button')) {
    button.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  }
}`;

/** With what the page itself holds. */
export const ASK_AS_PAGE = `async ({ path, body }) => {
  const page = sessionStorage.getItem('ioi-page') ?? '';
  const headers = { 'content-type': 'application/json', 'x-ioi-page': page };
  return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}`;

export const SEND_FORM = `(action) => {
  const form = document.createElement('form');
  Object.assign(form, { action, method: 'post', enctype: 'text/plain' });
  document.body.append(form);
  form.submit();
}`;

export const FRAME = `(src) => {
  document.body.append(Object.assign(document.createElement('iframe'), { src }));
}`;

export const WINDOW = '(url) => void window.open(url)';

export const WINDOW_BESIDE = "(url) => void window.open(url, 'ioi-decide', 'popup')";

/** With the hold that its opener has of it; with a channel also as if from a page of its own. */
export const POST_TO_WINDOW = `({ message, channel }) => {
  window.open('', 'ioi-decide').postMessage(message, '*');
  if (!channel) return;
  const own = new BroadcastChannel('ioi-beside');
  for (const id of ['', message.show]) {
    own.postMessage({ in: { id, origin: location.origin, page: 'A'.repeat(43) } });
  }
}`;

export const KEY_EVENTS = `(keys) => {
  for (const place of [document.querySelector('article'), document.body, window]) {
    for (const key of keys) {
      place.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    }
  }
}`;

export const CLICK_IN = `(selector) => {
  for (const button of document.querySelectorAll(selector)) button.click();
}`;

/** Whether no connection came of it. */
export const WEB_SOCKET = `(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve(false);
  socket.onerror = () => resolve(true);
})`;

/** What a script can get out of the person's passkey on its own page. */
export const ASSERT = `async ({ challenge, id }) => {
  const bytesOf = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0));
  const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const { rawId, response } = await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(challenge),
      rpId: 'localhost',
      allowCredentials: [{ type: 'public-key', id: bytesOf(id) }],
      userVerification: 'required',
    },
  });
  return {
    credential_id: textOf(rawId),
    authenticator_data: textOf(response.authenticatorData),
    client_data: textOf(response.clientDataJSON),
    signature: textOf(response.signature),
  };
}`;
