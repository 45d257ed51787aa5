import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { until } from '@ioi/basis/testing';
import { testCertificate } from '@ioi/law/testing';
import type { Browser } from 'playwright-core';
import { PASSPHRASE } from './node-process.ts';
import { DEVICE_NAME, Person } from './page-browser.ts';
import type { SupervisedNode } from './supervised-node.ts';

/** Opens the page of a node to other devices; gives the origin they use. */
export async function openListener(node: SupervisedNode): Promise<string> {
  const about = { name: DEVICE_NAME, address: '127.0.0.1', ...testCertificate(DEVICE_NAME) };
  return until('the page is open to other devices', async () => {
    const body = { ...about, port: await freePort(), passphrase: PASSPHRASE };
    const { status, body: told } = await node.guardianApi('POST', '/listener/open', body);
    if (status === 200) return String(told['url']);
    // Somebody else took the port that was free.
    if (told['code'] === 'listener.not_listening') return undefined;
    throw new Error(JSON.stringify(told));
  });
}

/** A link for one device. */
export async function inviteDevice(node: SupervisedNode, label: string): Promise<string> {
  const { body } = await node.guardianApi('POST', '/device/invite', { label });
  return String(body['url']);
}

/** A person at another device, enrolled, confirmed by the owner, and signed in. */
export async function enrolDevice(
  node: SupervisedNode,
  browser: Browser,
  label: string,
): Promise<Person> {
  const person = await Person.at(browser);
  const code = await person.enrolHere(await inviteDevice(node, label));
  const given = { code, passphrase: PASSPHRASE };
  const { status, body } = await node.guardianApi('POST', '/device/confirm', given);
  if (status !== 200) throw new Error(JSON.stringify(body));
  await person.signIn();
  return person;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
