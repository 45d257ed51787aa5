import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, PASSPHRASE, Person, SupervisedNode, startBrowser } from '@ioi/kit';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const ROUNDS = 15;

/**
 * What a page does behind “Approve with a passkey” until it is told that it is done: challenge,
 * authenticator, assertion verified, token durable. The authenticator is virtual: no finger waits.
 */
export async function measurePasskey(report: Report): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) {
    report.note('passkey_ms: no chromium on this machine (apt-get install chromium)');
    return;
  }
  const node = await SupervisedNode.start();
  const browser = await startBrowser(chromium);
  try {
    const person = await Person.at(browser);
    await person.open(await node.launch());
    await person.makePasskey('bench', PASSPHRASE);
    const taken: number[] = [];
    // The first fills caches.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const milliseconds = await approveOne(node, person);
      if (round > 0) taken.push(milliseconds);
    }
    report.note(`${ROUNDS} approvals on the page, headless Chromium, virtual authenticator`);
    const target = { op: '<=', value: 50 } as const;
    report.figure({ figure: 'passkey_ms', value: median(taken), unit: 'ms', target });
  } finally {
    await browser.close();
    await node.stop();
  }
}

async function approveOne(node: SupervisedNode, { page }: Person): Promise<number> {
  const agent = await node.connectMcp();
  const path = join(node.workspace, 'a.txt');
  writeFileSync(path, 'old');
  const called = agent.call('write_file', { path, content: 'new' });
  called.catch(() => {});
  const given = JSON.stringify((await node.waiting()).request_hash);
  const milliseconds = (await page.evaluate(`(${ASKED_UNTIL_DONE})(${given})`)) as number;
  await called;
  agent.close();
  return milliseconds;
}

/** In the page: the same two questions and the same signature as behind its button. */
const ASKED_UNTIL_DONE = `async (request_hash) => {
  const bytesOf = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0));
  const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const ask = async (path, body) => {
    const page = sessionStorage.getItem('ioi-page');
    const headers = { 'content-type': 'application/json', 'x-ioi-page': page };
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(path, sent);
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const start = performance.now();
  const { challenge, rp_id: rpId, allow } = await ask('/api/challenge', { request_hash });
  const { rawId, response } = await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(challenge),
      rpId,
      allowCredentials: allow.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
      userVerification: 'required',
    },
  });
  const assertion = {
    credential_id: textOf(rawId),
    authenticator_data: textOf(response.authenticatorData),
    client_data: textOf(response.clientDataJSON),
    signature: textOf(response.signature),
  };
  await ask('/api/approve', { request_hash, assertion });
  return performance.now() - start;
}`;
