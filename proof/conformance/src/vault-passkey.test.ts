import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findChromium, PASSPHRASE, Person, SupervisedNode, startBrowser } from '@ioi/kit';
import type { Browser } from 'playwright-core';

let node: SupervisedNode;
let browser: Browser | undefined;

before(async () => {
  node = await SupervisedNode.start();
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

async function person(): Promise<Person> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('no chromium (apt-get install chromium)');
  browser ??= await startBrowser(chromium);
  const owner = await Person.at(browser);
  await owner.open(await node.launch());
  return owner;
}

async function must(path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await node.guardianApi('POST', path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

type Vault = {
  readonly state: string;
  readonly until?: string;
  readonly unlockers: readonly { readonly kind: string; readonly label?: string }[];
};

async function vault(): Promise<Vault> {
  const { body } = await node.guardianApi('GET', '/vault');
  return body['vault'] as Vault;
}

/** A secret makes the vault; then nothing opens it by itself. */
async function closable(): Promise<void> {
  const passphrase = PASSPHRASE;
  const secret = { name: 'mail', kind: 'bearer', server: 'mail', secret: 'planted-in-the-vault' };
  await must('/vault/put', { passphrase, origin: 'https://mail.example', ...secret });
  await must('/vault/unattended', { passphrase, mode: 'off' });
}

async function addPasskey(owner: Person, passphrase: string): Promise<void> {
  await owner.page.fill('#vault-passkey [name=label]', 'laptop');
  await owner.page.fill('#vault-passkey [name=passphrase]', passphrase);
  await owner.page.click('#vault-passkey button');
}

const unlockButton = { name: 'Unlock the vault with a passkey' };
const lockButton = { name: 'Lock the vault', exact: true };

test('a person adds a passkey on the page, and opens the vault with it', async () => {
  await closable();
  const owner = await person();
  await addPasskey(owner, 'a guess');
  await owner.said(/make a passkey of the vault: .*passphrase/);
  assert.equal((await vault()).unlockers.filter(({ kind }) => kind === 'passkey').length, 0);
  await addPasskey(owner, PASSPHRASE);
  await owner.said(/make a passkey of the vault: done/);
  const [added] = (await vault()).unlockers.filter(({ kind }) => kind === 'passkey');
  assert.equal(added?.label, 'laptop');
  await owner.page.getByRole('button', lockButton).click();
  await owner.said(/lock the vault: done/);
  assert.equal((await vault()).state, 'locked');
  await owner.page.getByLabel('For how long').selectOption('for one hour');
  await owner.page.getByRole('button', unlockButton).click();
  await owner.said(/unlock the vault with a passkey: done/);
  const open = await vault();
  assert.equal(open.state, 'unlocked');
  const left = Number(open.until) - Date.now();
  assert.ok(left > 3_000_000 && left <= 3_605_000, `${left} ms`);
  const session = owner.page.locator('#session');
  assert.equal(await session.getByRole('button', { name: 'Lock this page' }).count(), 0);
  await owner.page.getByRole('button', lockButton).click();
  await owner.said(/lock the vault: done/);
  await owner.setVerified(false);
  await owner.page.getByRole('button', unlockButton).click();
  await owner.said(/unlock the vault with a passkey: (?!done)\S+/);
  assert.equal((await vault()).state, 'locked');
});

test('another authenticator has nothing that opens the vault', async () => {
  const stranger = await person();
  await must('/vault/lock', {});
  const unlock = stranger.page.getByRole('button', unlockButton);
  await unlock.waitFor({ timeout: 60_000 });
  await unlock.click();
  await stranger.said(/unlock the vault with a passkey: (?!done)\S+/);
  assert.equal((await vault()).state, 'locked');
});

test('what was made up, and a page without a session, open nothing', async () => {
  await must('/vault/lock', {});
  const owner = await person();
  const asked = (path: string, body: object, secret: boolean) =>
    owner.page.evaluate(
      async ([to, what, isOurs]) => {
        const key = isOurs ? (sessionStorage.getItem('ioi-page') ?? '') : 'guessed';
        const headers = { 'content-type': 'application/json', 'x-ioi-page': key };
        const answer = await fetch(String(to), { method: 'POST', headers, body: String(what) });
        return ((await answer.json()) as { code?: string }).code;
      },
      [path, JSON.stringify(body), secret] as const,
    );
  const key = Buffer.alloc(32, 7).toString('base64');
  assert.equal(await asked('/api/vault/unlock', { key }, true), 'vault.wrong_key');
  assert.equal(await asked('/api/vault/unlock', { key: 'short' }, true), 'vault.invalid');
  assert.equal(await asked('/api/vault/unlock', { key }, false), 'page.no_session');
  assert.equal(await asked('/api/vault', {}, false), 'page.no_session');
  const made = { key, label: 'x', credential_id: 'A'.repeat(22) };
  const refused = await asked('/api/vault/passkey', made, true);
  assert.equal(refused, 'approver.keyfile.wrong_passphrase');
  assert.equal((await vault()).state, 'locked');
});
