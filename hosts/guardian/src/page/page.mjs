// The page of the guardian. Every text arrives safe to print and is set as text, never as markup.

import { ask, assertion, button, createPasskey, keepPage, made, outcomeText } from './asking.mjs';
import { isField, RequestCard, secretField } from './card.mjs';
import { drawDevice } from './device.mjs';
import { actionOf, drawKeys, Settled } from './keys.mjs';
import { LettingIn } from './letting-in.mjs';
import { policyCard, stepUpCard } from './policy.mjs';
import { addVaultPasskey, VaultSection } from './vault.mjs';
import { wishCard } from './wish.mjs';

const REFRESH_MS = 2_000;
const byId = (id) => document.getElementById(id);

function say(text) {
  byId('said').textContent = text;
}

async function makePasskey({ label, passphrase, acts_as: given }) {
  const acts_as = given.split(/[\s,]+/).filter((each) => each !== '');
  const asked = await ask('/api/passkey/challenge', { label, acts_as });
  return ask('/api/passkey', { passphrase, ...(await createPasskey(asked, label)) });
}

/** Sends the person to a provider; what comes of it comes back to this tab. */
async function signIn(factor_id) {
  const { url } = await ask('/api/sign-in/begin', { factor_id });
  location.assign(url);
  return {};
}

async function signedIn({ state, code, iss, error }) {
  if (error !== undefined) throw new Error(`the provider says ${error}`);
  return ask('/api/sign-in/finish', { state, code, iss });
}

class Page {
  /** What is drawn, as text: what did not change is not drawn again. */
  #drawn = '';
  #inbox = {};
  /** By request: what a person typed into one outlives that something changed elsewhere. */
  #cards = new Map();
  #sessionDrawn = '';
  /** The requests in their order, and whether they stand so for a while. */
  #order = '';
  #settled = new Settled(document.documentElement);
  /** What was handed to this page, as it is drawn, by its place. */
  #handedDrawn = {};
  #lettingIn = new LettingIn(byId('beside'), say);
  #vault = new VaultSection(byId('vault'), (text, run) =>
    button(text, () => this.#act(text.toLowerCase(), run)),
  );

  async start() {
    const launch = new URLSearchParams(location.hash.slice(1)).get('launch');
    const returned = Object.fromEntries(new URLSearchParams(location.search));
    history.replaceState(null, '', '/');
    if (launch !== null) {
      const { page } = await ask('/api/begin', { launch });
      keepPage(page);
    }
    drawKeys(byId('keys'));
    this.#settled.watch(['beside', 'policy', 'step-up', 'wish', 'pending', 'session'].map(byId));
    byId('pending').addEventListener('keydown', (event) => this.#heed(event));
    this.#onSubmit('enroll', 'make a passkey', makePasskey);
    this.#onSubmit('vault-passkey', 'make a passkey of the vault', addVaultPasskey);
    if (returned.state !== undefined) await this.#act('sign in', () => signedIn(returned));
    await this.#refresh();
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /** Runs what a person asked for, says how it ended, and looks again. */
  async #act(words, run) {
    try {
      say(`${words} …`);
      say(`${words}: ${outcomeText(await run())}`);
    } catch (fault) {
      say(`${words}: ${fault.message}`);
    }
    // No secret stays in a field beyond the act that it was for.
    this.#drawn = '';
    this.#sessionDrawn = '';
    for (const field of document.querySelectorAll('#policy input, #wish input')) field.value = '';
    this.#cards.clear();
    await this.#refresh();
  }

  #decide(words, run) {
    if (this.#settled.holds()) return this.#act(words, run);
    say('the requests have just moved: look again');
  }

  /** From one request to the next. */
  #heed({ key, target, isTrusted }) {
    const cards = [...byId('pending').querySelectorAll('article')];
    const action = actionOf(key);
    if (!isTrusted || !cards.includes(target)) return;
    const step = { next: 1, previous: -1 }[action];
    if (step !== undefined) cards[cards.indexOf(target) + step]?.focus();
  }

  #onSubmit(id, words, run) {
    const form = byId(id);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!event.isTrusted) return;
      const fields = Object.fromEntries(new FormData(form));
      form.reset();
      this.#act(words, () => run(fields));
    });
  }

  async #refresh() {
    try {
      this.#inbox = await ask('/api/inbox');
    } catch (fault) {
      if (location.protocol !== 'https:' || fault.code !== 'page.no_session') {
        say(fault.message);
        return;
      }
      this.#inbox = { on_device: true, signed_out: true };
    }
    // Chain Time moves on always; what stands in a field must not be lost to it.
    const { chain_time: _, unlocked_until, ...rest } = this.#inbox;
    const now = JSON.stringify([rest, unlocked_until !== undefined]);
    if (now !== this.#drawn) {
      this.#drawn = now;
      this.#draw();
    }
    for (const card of this.#cards.values()) card.tick(this.#inbox.chain_time);
    this.#lettingIn.tick();
    if (this.#inbox.on_device) return;
    await this.#vault.refresh().catch((fault) => say(fault.message));
  }

  #draw() {
    const { on_device, enrolling, signed_out, node_id, pending, passkeys } = this.#inbox;
    byId('enroll').hidden = on_device === true;
    if (enrolling || signed_out) {
      drawDevice(byId('pending'), this.#inbox, (words, run) => this.#act(words, run));
      byId('node').textContent = location.host;
      byId('session').replaceChildren();
      byId('passkeys').replaceChildren();
      this.#sessionDrawn = '';
      this.#cards.clear();
      return;
    }
    const held = document.activeElement;
    const at = [...byId('pending').children].findIndex((each) => each.contains(held));
    byId('node').textContent = node_id;
    this.#drawSession();
    this.#drawHanded('policy', this.#inbox.draft, policyCard);
    this.#drawHanded('step-up', this.#inbox.step_up, stepUpCard);
    this.#drawHanded('wish', this.#inbox.wish, wishCard);
    const order = pending.map(({ request_hash }) => request_hash).join();
    if (order !== this.#order) this.#settled.moved();
    this.#order = order;
    const cards = pending.map((item) => this.#card(item));
    this.#cards = new Map(cards.map((card) => [card.request_hash, card]));
    const drawn = cards.map(({ element }) => element);
    byId('pending').replaceChildren(...(drawn.length > 0 ? drawn : [made('p', 'Nothing waits.')]));
    byId('passkeys').replaceChildren(
      ...passkeys.map(({ label, factor_id }) => made('li', `${label} ${factor_id}`)),
    );
    // Who decides by keys goes on with what stands there now; who was typing does not.
    if (held.isConnected) held.focus();
    else if (at >= 0 && !isField(held)) (drawn[at] ?? drawn.at(-1))?.focus();
  }

  /** What stands in its field is not lost to what changes elsewhere. */
  #drawHanded(place, handed, cardOf) {
    const now = handed === undefined ? '' : JSON.stringify(handed);
    if (now === (this.#handedDrawn[place] ?? '')) return;
    this.#handedDrawn[place] = now;
    this.#settled.moved();
    const decide = (words, run) => this.#decide(words, run);
    byId(place).replaceChildren(...(handed ? [cardOf(handed, decide)] : []));
  }

  #card(item) {
    const moved = () => this.#settled.moved();
    const acts = { decide: (words, run) => this.#decide(words, run), say, moved };
    const card = this.#cards.get(item.request_hash) ?? new RequestCard(item.request_hash, acts);
    card.show(item, this.#inbox);
    return card;
  }

  #drawSession() {
    const { unlocked_until, usable, sign_ins } = this.#inbox;
    const now = JSON.stringify([unlocked_until !== undefined, usable, sign_ins]);
    if (now === this.#sessionDrawn) return;
    this.#sessionDrawn = now;
    const group = byId('session');
    group.replaceChildren();
    const add = (text, run) => group.append(button(text, () => this.#act(text.toLowerCase(), run)));
    if (unlocked_until !== undefined) {
      add('Lock this page', () => ask('/api/lock'));
      return;
    }
    if (usable > 0) {
      add('Unlock with a passkey', async () =>
        ask('/api/unlock', { assertion: await assertion(await ask('/api/unlock/challenge')) }),
      );
    }
    if (this.#inbox.on_device) return;
    for (const { factor_id, label } of sign_ins) {
      add(`Sign in: ${label}`, () => signIn(factor_id));
    }
    const secret = secretField();
    group.append(secret);
    add('Unlock', () => ask('/api/unlock', { passphrase: secret.value }));
  }
}

new Page().start().catch((fault) => say(fault.message));
