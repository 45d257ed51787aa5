import { existsSync } from 'node:fs';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser of this machine, or undefined: Debian's package is `chromium`. */
export function findChromium(): string | undefined {
  return PATHS.find((path) => existsSync(path));
}

/** Of Playwright: as patient as `until`. */
const WAIT = { timeout: 60_000 };

/** The host name under which browsers of tests reach this machine. */
export const DEVICE_NAME = 'approve.test';

/** A headless browser without a network of its own, to which any certificate is good enough. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  // It takes half a second of processor time to load: too much for each process that uses this kit.
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--ignore-certificate-errors',
      `--host-resolver-rules=MAP ${DEVICE_NAME} 127.0.0.1`,
    ],
  });
}

type Credential = Awaited<ReturnType<Person['credentials']>>[number];

/** One person at one browser, with a passkey in it that verifies its user. */
export class Person {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly #authenticatorId: string;

  private constructor(page: Page, cdp: CDPSession, authenticatorId: string) {
    this.page = page;
    this.cdp = cdp;
    this.#authenticatorId = authenticatorId;
  }

  /** In a profile of its own, or in that of somebody else. */
  static async at(where: Browser | BrowserContext, isVerified = true): Promise<Person> {
    const context = 'newContext' in where ? await where.newContext() : where;
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT.timeout);
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        hasPrf: true,
        isUserVerified: isVerified,
        automaticPresenceSimulation: true,
      },
    });
    return new Person(page, cdp, authenticatorId);
  }

  /** Waits until what stands on the page stands still, as somebody does who looks first. */
  async looks(): Promise<void> {
    await this.page.waitForTimeout(200);
    await this.page.locator('[data-settled="yes"]').waitFor({ state: 'attached' });
  }

  async setVerified(isUserVerified: boolean): Promise<void> {
    const authenticatorId = this.#authenticatorId;
    await this.cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.locator('#node:not(:empty)').waitFor(WAIT);
  }

  /** Waits for the words the page says in the end. */
  async said(words: RegExp): Promise<string> {
    const place = this.page.locator('#said');
    const said = place.filter({ hasText: words });
    await said.waitFor(WAIT).catch(async (fault: unknown) => {
      throw new Error(`it said: ${await place.textContent()}`, { cause: fault });
    });
    return (await said.textContent()) ?? '';
  }

  async makePasskey(label: string, passphrase: string): Promise<void> {
    await this.page.fill('#enroll [name=label]', label);
    await this.page.fill('#enroll [name=passphrase]', passphrase);
    await this.page.click('#enroll button');
    await this.said(/make a passkey: done/);
  }

  /** What a device does with its link: it makes a passkey and shows the code for the owner. */
  async enrolHere(url: string): Promise<string> {
    await this.open(url);
    await this.page.getByRole('button', { name: 'Make a passkey here' }).click();
    await this.said(/make a passkey: done/);
    return (await this.page.locator('.code').textContent()) ?? '';
  }

  async signIn(): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await this.said(/sign in: done/);
    await this.page.locator('#session button').first().waitFor();
  }

  /** With their private keys: what an attacker would have who took the authenticator apart. */
  async credentials() {
    const authenticatorId = this.#authenticatorId;
    return (await this.cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  }

  async addCredential(credential: Credential): Promise<void> {
    const authenticatorId = this.#authenticatorId;
    await this.cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
  }
}
