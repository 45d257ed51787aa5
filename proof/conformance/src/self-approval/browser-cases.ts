import { Person } from '@ioi/kit';
import { type Case, isRefused } from './case.ts';
import type { Ground } from './ground.ts';
import { type Lair, openLair } from './lair.ts';
import {
  ASK_AS_PAGE,
  ASSERT,
  CLICK_ALL,
  FETCH,
  FRAME,
  inPage,
  MOUSE_EVENTS,
  SEND_FORM,
  WEB_SOCKET,
  WINDOW,
} from './page-scripts.ts';

/** The person's own browser, with its session and passkey, on a page of the agent. */
function fromLair(name: string, attack: (at: Attack) => Promise<boolean>): Case {
  return {
    name: `browser, ${name}`,
    attempt: async (ground) => {
      const lair = await openLair();
      const person = await Person.at(ground.owner.page.context());
      try {
        await person.page.goto(lair.url);
        return await attack({ ground, lair, person });
      } finally {
        await person.page.close();
        lair.server.close();
      }
    },
  };
}

type Attack = { readonly ground: Ground; readonly lair: Lair; readonly person: Person };

/** On the person's own page, which is open and not unlocked. */
function onPage(name: string, attack: (ground: Ground) => Promise<boolean>): Case {
  return { name: `injected, ${name}`, attempt: attack };
}

function fetched(options: object, path = '/api/approve') {
  return ({ ground, person }: Attack): Promise<boolean> =>
    inPage(person.page, FETCH, { url: `${ground.origin}${path}`, options });
}

const BODY = '{"request_hash":"x"}';

async function scripted({ owner }: Ground, script: string): Promise<boolean> {
  await inPage(owner.page, script);
  await owner.page.waitForTimeout(300);
  return true;
}

async function isRefusedInPage({ owner }: Ground, request_hash: string): Promise<boolean> {
  const given = { path: '/api/approve', body: { request_hash } };
  return (await inPage<number>(owner.page, ASK_AS_PAGE, given)) !== 200;
}

export const BROWSER_CASES: readonly Case[] = [
  fromLair('a plain request with the cookies', (at) =>
    fetched({ method: 'POST', mode: 'no-cors', credentials: 'include', body: BODY })(at).then(
      () => true,
    ),
  ),
  fromLair(
    'a request of JSON',
    fetched({
      method: 'POST',
      credentials: 'include',
      headers: { 'content-type': 'application/json' },
      body: BODY,
    }),
  ),
  fromLair(
    'looking at what waits',
    fetched({ method: 'POST', credentials: 'include' }, '/api/inbox'),
  ),
  fromLair('a form that sends itself', async ({ ground, person }) => {
    await inPage(person.page, SEND_FORM, `${ground.origin}/api/approve`);
    await person.page.waitForTimeout(300);
    return !(await person.page.content()).includes('"token"');
  }),
  fromLair('a frame around the page', async ({ ground, person }) => {
    await inPage(person.page, FRAME, `${ground.origin}/`);
    await person.page.waitForTimeout(400);
    const frames = person.page.frames().slice(1);
    const shown = await Promise.all(frames.map((frame) => frame.content().catch(() => '')));
    return shown.every((text) => !text.includes('Approvals'));
  }),
  fromLair('a window of the page', async ({ ground, person }) => {
    const [popup] = await Promise.all([
      person.page.waitForEvent('popup'),
      inPage(person.page, WINDOW, `${ground.origin}/`),
    ]);
    await popup.waitForLoadState();
    const text = await popup.content();
    await popup.close();
    return !text.includes('Approvals');
  }),
  fromLair('the cookie that its port is sent too', async ({ ground, lair, person }) => {
    await person.page.reload();
    const cookie = lair.asked.at(-1)?.headers.cookie ?? '';
    if (!cookie.includes('ioi_approver')) return false;
    const secrets = { cookie, page: 'A'.repeat(43) };
    const body = { request_hash: ground.low };
    return isRefused(await ground.post('/api/approve', body, { secrets }));
  }),
  fromLair('an assertion of the person for another page', async ({ ground, person }) => {
    const secrets = await ground.session();
    const body = { request_hash: ground.high };
    const { challenge } = (await ground.post('/api/challenge', body, { secrets })).body;
    const [known] = await ground.owner.credentials();
    const { privateKey, credentialId: id, ...rest } = known as Copied;
    await person.addCredential({ ...rest, credentialId: id, privateKey, rpId: 'localhost' });
    const assertion = await inPage(person.page, ASSERT, { challenge, id });
    const told = await ground.post('/api/approve', { ...body, assertion }, { secrets });
    return isRefused(told) && /origin/.test(JSON.stringify(told.body));
  }),
  fromLair('a WebSocket', ({ ground, person }) =>
    inPage(person.page, WEB_SOCKET, `ws://localhost:${ground.port}/api/approve`),
  ),
  onPage('button.click()', (ground) => scripted(ground, CLICK_ALL)),
  onPage('events of a mouse', (ground) => scripted(ground, MOUSE_EVENTS)),
  onPage('fetch in the page', (ground) => isRefusedInPage(ground, ground.low)),
  onPage('fetch, high risk', (ground) => isRefusedInPage(ground, ground.high)),
  onPage('a passkey whose user does not show up', async (ground) => {
    // One of its own: where nobody shows up several times, a passkey is not asked again.
    const nobody = await Person.at(ground.browser, false);
    for (const known of await ground.owner.credentials()) await nobody.addCredential(known);
    await nobody.open(await ground.node.launch());
    const high = nobody.page.locator('article.high');
    await high.waitFor();
    await nobody.looks();
    await high.getByRole('button', { name: /passkey/ }).click();
    const said = await nobody.said(/^approve: ./);
    await nobody.page.context().close();
    return /not allowed/.test(said);
  }),
  onPage('high risk on an unlocked page', async (ground) => {
    const { page } = ground.owner;
    await page.bringToFront();
    await page.getByRole('button', { name: 'Unlock with a passkey' }).click();
    await ground.owner.said(/unlock with a passkey: done/);
    const isHeld = await isRefusedInPage(ground, ground.high);
    await page.getByRole('button', { name: 'Lock this page' }).click();
    await ground.owner.said(/lock this page: done/);
    return isHeld;
  }),
  onPage('low risk after the page was locked again', (ground) =>
    isRefusedInPage(ground, ground.low),
  ),
  {
    name: 'profile, without a launch',
    attempt: async (ground) => {
      const other = await Person.at(ground.browser);
      await other.page.goto(`${ground.origin}/`);
      const said = await other.said(/./);
      await other.page.context().close();
      return /no session/.test(said);
    },
  },
  {
    name: 'profile, with a launch that was used',
    attempt: async (ground) => {
      const url = await ground.node.launch();
      const [first, second] = [await Person.at(ground.browser), await Person.at(ground.browser)];
      await first.open(url);
      await second.page.goto(url);
      const said = await second.said(/./);
      for (const each of [first, second]) await each.page.context().close();
      return /open the page with/.test(said);
    },
  },
  {
    name: 'profile, a passkey of its own',
    attempt: async (ground) => {
      const other = await Person.at(ground.browser);
      await other.open(await ground.node.launch());
      await other.page.fill('#enroll [name=label]', 'mine');
      await other.page.fill('#enroll [name=passphrase]', 'password');
      await other.page.click('#enroll button');
      const said = await other.said(/make a passkey: (?!…)./);
      await other.page.context().close();
      return !said.includes('done');
    },
  },
];

type Copied = {
  readonly credentialId: string;
  readonly privateKey: string;
  readonly signCount: number;
  readonly isResidentCredential: boolean;
  readonly userHandle?: string;
};
