import { request } from 'node:http';
import { DEVICE_NAME, inviteDevice, Person } from '@ioi/kit';
import { testCertificate } from '@ioi/law/testing';
import { type Case, isRefused } from './case.ts';
import { type Ground, ownersPassphrase, type Secrets, type Told } from './ground.ts';

function post(ground: Ground, path: string, body: object, secrets?: Secrets) {
  const origin = ground.deviceOrigin;
  return ground.post(path, body, { origin, ...(secrets ? { secrets } : {}) });
}

/** What the agent's own link opens: the socket is open to its account. */
async function invited(ground: Ground): Promise<Secrets> {
  const launch = new URL(await inviteDevice(ground.node, 'mine')).hash.split('=')[1] ?? '';
  const { cookie, body } = await post(ground, '/api/begin', { launch });
  return { cookie, page: String(body['page']) };
}

type Entering = { readonly ticket: object; readonly challenge: string };

async function entering(ground: Ground): Promise<Entering> {
  return (await post(ground, '/api/enter/challenge', {})).body as Entering;
}

/** The person's own device, as if its passkey had been copied out of it. */
async function assertionOfDevice(ground: Ground, challenge: string, ahead = 0) {
  const copied = await ground.copiedPasskey(ground.device, ground.deviceOrigin);
  copied.passkey.counter += ahead;
  return ground.assertionFor(challenge, {}, Promise.resolve(copied));
}

function listener(name: string, about: (ground: Ground) => object): Case {
  return {
    name: `listener, ${name}`,
    attempt: async (ground) => {
      const before = await ground.node.guardianApi('GET', '/listener');
      const asked = { port: 50_443, address: '127.0.0.1', ...about(ground) };
      const opened = await ground.node.guardianApi('POST', '/listener/open', asked);
      const now = await ground.node.guardianApi('GET', '/listener');
      return isRefused(opened) && JSON.stringify(before.body) === JSON.stringify(now.body);
    },
  };
}

function device(name: string, attempt: (ground: Ground) => Promise<Told>): Case {
  return {
    name: `device, ${name}`,
    attempt: async (ground) => isRefused(await attempt(ground)),
  };
}

const OWN = 'agent.test';

export const DEVICE_CASES: readonly Case[] = [
  listener('of the agent, without a passphrase', () => ({ name: OWN, ...testCertificate(OWN) })),
  listener('of the agent, with a guess', () => ({
    ...{ name: DEVICE_NAME, ...testCertificate(DEVICE_NAME) },
    passphrase: 'password',
  })),
  {
    name: 'listener, by asking the daemon',
    attempt: async ({ node }) => isRefused(await node.api('POST', '/v1/listener/open', {})),
  },
  {
    name: 'listener, spoken to without TLS',
    attempt: (ground) =>
      new Promise((resolve) => {
        const { port } = new URL(ground.deviceOrigin);
        const asked = { host: '127.0.0.1', port, path: '/api/inbox', agent: false };
        const sent = request(asked, () => resolve(false));
        sent.on('error', () => resolve(true)).end();
      }),
  },
  device('with a link of the page here', async (ground) => {
    const launch = new URL(await ground.node.launch()).hash.split('=')[1] ?? '';
    return post(ground, '/api/begin', { launch });
  }),
  device('with a link that was used', async (ground) => {
    const launch = new URL(await inviteDevice(ground.node, 'mine')).hash.split('=')[1] ?? '';
    await post(ground, '/api/begin', { launch });
    return post(ground, '/api/begin', { launch });
  }),
  {
    name: 'device, with its link on the page here',
    attempt: async (ground) => {
      const launch = new URL(await inviteDevice(ground.node, 'mine')).hash.split('=')[1] ?? '';
      return isRefused(await ground.post('/api/begin', { launch }));
    },
  },
  {
    name: 'device, what it is shown before its owner confirms it',
    attempt: async (ground) => {
      const { body } = await post(ground, '/api/inbox', {}, await invited(ground));
      return body['pending'] === undefined;
    },
  },
  ...['/api/challenge', '/api/approve', '/api/deny', '/api/unlock', '/api/unlock/challenge'].map(
    (path) =>
      device(`${path} before its owner confirms it`, async (ground) => {
        const body = { request_hash: ground.low, reason: 'x' };
        return post(ground, path, body, await invited(ground));
      }),
  ),
  {
    name: 'device, a passkey that its owner did not confirm',
    attempt: async (ground) => {
      const other = await Person.at(ground.browser);
      const code = await other.enrolHere(await inviteDevice(ground.node, 'mine'));
      const given = { code, passphrase: 'password' };
      const confirmed = await ground.node.guardianApi('POST', '/device/confirm', given);
      await other.page.reload();
      const said = await other.page.locator('main').textContent();
      await other.page.context().close();
      return isRefused(confirmed) && !/high risk/.test(said ?? '');
    },
  },
  device('signing in with a ticket of its own', async (ground) => {
    const { challenge } = await entering(ground);
    const assertion = await assertionOfDevice(ground, challenge, 1);
    const ticket = { nonce: 'AAAA', at: 0, mac: 'AAAA' };
    return post(ground, '/api/enter', { ticket, assertion });
  }),
  device('signing in with the passkey of the page here', async (ground) => {
    const { ticket, challenge } = await entering(ground);
    const assertion = await ground.assertionFor(challenge);
    return post(ground, '/api/enter', { ticket, assertion });
  }),
  device('the passphrase typed there, and the right one', async (ground) => {
    const { secrets } = await signedIn(ground, 1);
    const body = { request_hash: ground.high, passphrase: ownersPassphrase };
    return post(ground, '/api/approve', body, secrets);
  }),
  {
    name: 'device, signing in with what signed in before',
    attempt: async (ground) => {
      const { told, sent } = await signedIn(ground, 2);
      return told.status === 200 && isRefused(await post(ground, '/api/enter', sent));
    },
  },
  {
    name: 'device, every code but the one it was told',
    attempt: async (ground) => {
      const { secrets } = await signedIn(ground, 3);
      const request_hash = ground.high;
      const { body } = await ground.node.guardianApi('POST', '/device/codes', { request_hash });
      const known = (body['codes'] as { code: string }[]).map(({ code }) => code);
      const guesses = Array.from({ length: 100 }, (_, at) => String(at).padStart(2, '0'));
      const wrong = guesses.filter((each) => !known.includes(each));
      for (const match of [...wrong.slice(0, 5), ...known]) {
        const told = await post(ground, '/api/challenge', { request_hash, match }, secrets);
        if (!isRefused(told)) return false;
      }
      return known.length > 0;
    },
  },
  device('an assertion for which no code was asked', async (ground) => {
    const { secrets } = await signedIn(ground, 4);
    const assertion = await assertionOfDevice(ground, 'A'.repeat(43), 5);
    return post(ground, '/api/approve', { request_hash: ground.high, assertion }, secrets);
  }),
];

/** By the copied passkey, `ahead` of what it counted. */
async function signedIn(ground: Ground, ahead: number) {
  const { ticket, challenge } = await entering(ground);
  const assertion = await assertionOfDevice(ground, challenge, ahead);
  const sent = { ticket, assertion };
  const told = await post(ground, '/api/enter', sent);
  return { told, sent, secrets: { cookie: told.cookie, page: String(told.body['page']) } };
}
