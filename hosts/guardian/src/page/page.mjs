// The page of the guardian. Every text arrives safe to print and is set as text, never as markup.

import { ask, assertion, button, createPasskey, keepPage, made } from './asking.mjs';
import { drawDevice } from './device.mjs';
import { editor } from './edit.mjs';
import { addVaultPasskey, VaultSection } from './vault.mjs';

const REFRESH_MS = 2_000;
/** What has just moved under the pointer was not meant by the click. */
const SETTLED_MS = 400;
const ONE_HOUR_MS = '3600000';
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

function secretField() {
  const secret = made('input', undefined, { type: 'password', placeholder: 'passphrase' });
  secret.setAttribute('aria-label', 'Passphrase of the owner');
  secret.autocomplete = 'off';
  return secret;
}

function matchField() {
  const match = made('input', undefined, { maxLength: 2, inputMode: 'numeric', size: 6 });
  match.placeholder = 'code';
  match.autocomplete = 'off';
  match.className = 'match';
  match.setAttribute('aria-label', 'Match code: ioi inbox at the node shows it');
  return match;
}

function linesBlock(lines) {
  const block = made('pre');
  const marks = { old: '- ', new: '+ ', same: '', note: '' };
  for (const { kind, text } of lines) {
    block.append(made('span', `${marks[kind]}${text}\n`, { className: kind }));
  }
  return block;
}

function standingText({ standing }) {
  return standing ? `${standing.signed.length} of ${standing.needs.factors} signed` : 'done';
}

class Page {
  /** What is drawn, as text: what did not change is not drawn again. */
  #drawn = '';
  #inbox = {};
  /** The requests in their order, and since when they stand so. */
  #order = '';
  #movedAt = 0;
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
      say(`${words}: ${standingText(await run())}`);
    } catch (fault) {
      say(`${words}: ${fault.message}`);
    }
    this.#drawn = '';
    await this.#refresh();
  }

  #decide(words, run) {
    if (performance.now() - this.#movedAt > SETTLED_MS) return this.#act(words, run);
    say('the requests have just moved: look again');
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
      return;
    }
    byId('node').textContent = node_id;
    this.#drawSession();
    const order = pending.map(({ request_hash }) => request_hash).join();
    if (order !== this.#order) this.#movedAt = performance.now();
    this.#order = order;
    const cards = pending.map((item) => this.#card(item));
    byId('pending').replaceChildren(...(cards.length > 0 ? cards : [made('p', 'Nothing waits.')]));
    byId('passkeys').replaceChildren(
      ...passkeys.map(({ label, factor_id }) => made('li', `${label} ${factor_id}`)),
    );
  }

  #drawSession() {
    const group = byId('session');
    group.replaceChildren();
    const add = (text, run) => group.append(button(text, () => this.#act(text.toLowerCase(), run)));
    if (this.#inbox.unlocked_until !== undefined) {
      add('Lock this page', () => ask('/api/lock'));
      return;
    }
    if (this.#inbox.usable > 0) {
      add('Unlock with a passkey', async () =>
        ask('/api/unlock', { assertion: await assertion(await ask('/api/unlock/challenge')) }),
      );
    }
    if (this.#inbox.on_device) return;
    for (const { factor_id, label } of this.#inbox.sign_ins) {
      add(`Sign in: ${label}`, () => signIn(factor_id));
    }
    const secret = secretField();
    group.append(secret);
    add('Unlock', () => ask('/api/unlock', { passphrase: secret.value }));
  }

  #card(item) {
    const article = made('article', undefined, { className: item.risk_class });
    const risk = item.risk_class === 'high' ? '▲ high risk' : '○ low risk';
    article.append(made('h2', item.target), made('p', risk, { className: 'risk' }));
    for (const words of item.warnings) article.append(made('p', words, { className: 'warning' }));
    article.append(this.#facts(item), this.#acts(item));
    return article;
  }

  #facts(item) {
    const list = made('dl');
    const row = (name, ...values) => {
      const cell = made('dd');
      for (const value of values) {
        cell.append(typeof value === 'string' ? made('div', value) : value);
      }
      list.append(made('dt', name), cell);
    };
    row('asked by', item.agent);
    row('tool', `${item.tool} (${item.effect})`);
    for (const { name, lines } of item.params) row(name, linesBlock(lines));
    if (item.facts.length > 0) row('facts', ...item.facts);
    row('rule', ...item.rule);
    row('because of', item.because);
    row('time left', this.#leftText(item));
    const { factors, out_of_band } = item.needs;
    if (factors > 1) row('signed by', `${item.signed.length} of ${factors} approvers`);
    if (out_of_band) row('takes', 'a passkey on another device');
    for (const { label, code } of item.match ?? []) row('match code', `${code} for ${label}`);
    row('request', item.request_hash);
    return list;
  }

  #leftText({ expires }) {
    const minutes = Math.ceil((Number(expires) - Number(this.#inbox.chain_time)) / 60_000);
    return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
  }

  #acts({ request_hash, risk_class }) {
    const group = made('div', undefined, { className: 'acts' });
    const { on_device } = this.#inbox;
    const match = on_device && risk_class === 'high' ? matchField() : undefined;
    if (match) group.append(match);
    const secret = secretField();
    const reason = made('input', undefined, { maxLength: 1024, placeholder: 'reason' });
    reason.setAttribute('aria-label', 'Reason');
    const approve = (text, more) => {
      const run = async () => ask('/api/approve', { request_hash, ...(await more()) });
      group.append(button(text, () => this.#decide('approve', run)));
    };
    if (this.#inbox.usable > 0) {
      approve('Approve with a passkey', async () => ({
        assertion: await assertion(
          await ask('/api/challenge', { request_hash, ...(match && { match: match.value }) }),
        ),
      }));
    }
    if (risk_class === 'low' && this.#inbox.unlocked_until !== undefined) {
      approve('Approve', () => ({}));
    }
    if (!on_device) {
      group.append(secret);
      approve('Approve with the passphrase', () => ({ passphrase: secret.value }));
    }
    const proof = () => (secret.value === '' ? {} : { passphrase: secret.value });
    const deny = () => ask('/api/deny', { request_hash, reason: reason.value, ...proof() });
    const send = (more) => ask('/api/edit', { request_hash, ...more, ...proof() });
    const open = async () => {
      const run = (more) => this.#decide('edit', () => send(more));
      group.after(editor(await ask('/api/params', { request_hash }), run));
    };
    const extend = () => ask('/api/extend', { request_hash, more_ms: ONE_HOUR_MS, ...proof() });
    group.append(
      button('One more hour', () => this.#decide('more time', extend)),
      button('Edit', () => open().catch((fault) => say(fault.message))),
      reason,
      button('Deny', () => this.#decide('deny', deny)),
    );
    return group;
  }
}

new Page().start().catch((fault) => say(fault.message));
