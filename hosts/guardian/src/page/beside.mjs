// The guardian's page in a small window, which another page opened and points with: that page says
// which request is looked at, by its hash, and nothing else. Shown is the guardian's own copy, and
// nothing at all before a person lets the window in on the page that `ioi inbox --open` opens.

import {
  ask,
  assertion,
  button,
  forgetPage,
  keepPage,
  made,
  outcomeText,
  pageSecret,
} from './asking.mjs';
import { isField, RequestCard } from './card.mjs';
import { actionOf, drawKeys, Settled } from './keys.mjs';
import { CHANNEL } from './letting-in.mjs';

const REFRESH_MS = 1_000;
/** Whoever points brings the window to the front in the same moment, and not later. */
const GRACE_MS = 300;
const HASH = /^sha256:[0-9a-f]{64}$/;
/** A grant, a certificate, a request for authority, or all of them. */
const OF_AUTHORITY = /^(everything|[a-z]{4,8}_[0-9a-f]{32})$/;
/** Where a Workbench can be: of this machine, by its number. */
const OF_HERE = /^http:\/\/127\.0\.0\.1:[0-9]{1,5}$/;
/** The origin that was let in, kept over reloads of this window. */
const LET_IN = 'ioi-beside-of';
const MOST_OTHERS = 20;
/** A longer policy is put in force by `ioi policy activate`. */
const LONGEST_POLICY = 200_000;
const byId = (id) => document.getElementById(id);

function say(text) {
  byId('said').textContent = text;
}

/** What is to be signed on the other page, and where the guardian takes it. */
function handedIn(data) {
  const { policy, replaces, revoke, lease } = Object(data);
  if (typeof policy === 'string' && policy.length <= LONGEST_POLICY) {
    return { path: '/api/policy/propose', body: { policy, replaces } };
  }
  if (typeof revoke === 'string' && OF_AUTHORITY.test(revoke)) {
    return { path: '/api/wish/propose', body: { revoke } };
  }
  if (typeof lease === 'string' && OF_AUTHORITY.test(lease)) {
    return { path: '/api/wish/propose', body: { lease } };
  }
  return undefined;
}

class Beside {
  #opener = window.opener;
  #channel = new BroadcastChannel(CHANNEL);
  /** Who points without being let in, under an id that another one does not have. */
  #asking;
  #wanted = '';
  /** What is to be looked at on the other page, until the guardian has it: its path and body. */
  #handed;
  #inbox;
  #card;
  /** Where in the list it stood: what follows takes its place. */
  #at = 0;
  #sessionDrawn = '';
  #settled = new Settled(document.documentElement);
  #focusedAt = Number.NEGATIVE_INFINITY;
  /** The question that was answered with no: it is not put again. */
  #refused = '';
  #isActing = false;
  /** It is to be turned to by whoever is at this window. */
  #isOwnTurn = false;

  start() {
    // A page that led here may have had a session that was never given to this window.
    if (sessionStorage.getItem(LET_IN) === null) forgetPage();
    drawKeys(byId('keys'));
    this.#settled.watch([byId('pending'), byId('session')]);
    addEventListener('message', (event) => this.#pointed(event));
    addEventListener('focus', () => {
      this.#focusedAt = performance.now();
    });
    addEventListener('blur', () => this.#draw());
    byId('pending').addEventListener('keydown', (event) => this.#heed(event));
    this.#channel.onmessage = ({ data }) => {
      this.#letIn(data?.in);
      this.#keepOut(data?.no);
    };
    this.#opener?.postMessage({ ready: true }, '*');
    this.#refresh();
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /**
   * Of whatever is sent nothing is read but what to look at, from whoever opened this window: a
   * request by its hash, a policy with the hash of the one it would replace, or the id of what is
   * to be taken back or leased.
   */
  #pointed({ source, origin, data }) {
    if (source === null || source !== this.#opener || !OF_HERE.test(origin)) return;
    if (pageSecret() !== '' && sessionStorage.getItem(LET_IN) !== origin) return;
    const { show } = Object(data);
    const handed = handedIn(data);
    if (typeof show === 'string' && HASH.test(show)) this.#wanted = show;
    else if (handed !== undefined) this.#handed = handed;
    else return;
    if (pageSecret() === '') return this.#askIn(origin);
    this.#propose();
    this.#draw();
  }

  /** It is shown and signed where the passphrase is asked for, and not here. */
  async #propose() {
    const handed = this.#handed;
    if (handed === undefined) return;
    this.#handed = undefined;
    try {
      await ask(handed.path, handed.body);
      say('it is shown on the page that let this window in');
    } catch (fault) {
      say(`handed over: ${fault.message}`);
    }
  }

  #askIn(origin) {
    if (this.#refused === origin) return this.#drawOutside();
    if (this.#asking?.origin !== origin) this.#asking = { id: crypto.randomUUID(), origin };
    this.#channel.postMessage({ ask: this.#asking });
    this.#drawOutside();
  }

  #letIn(given) {
    if (given === undefined || given.id !== this.#asking?.id) return;
    if (given.origin !== this.#asking.origin || pageSecret() !== '') return;
    keepPage(given.page);
    sessionStorage.setItem(LET_IN, given.origin);
    this.#asking = undefined;
    say('this window is let in');
    this.#propose();
    this.#refresh();
  }

  #keepOut(given) {
    if (given === undefined || given.id !== this.#asking?.id) return;
    this.#refused = this.#asking.origin;
    this.#asking = undefined;
    this.#drawOutside();
  }

  async #refresh() {
    if (pageSecret() === '') {
      if (this.#asking === undefined) this.#drawOutside();
      else this.#askIn(this.#asking.origin);
      return;
    }
    try {
      this.#inbox = { ...(await ask('/api/inbox')), is_beside: true };
    } catch (fault) {
      if (fault.code === 'page.no_session') this.#leave();
      else say(fault.message);
      return;
    }
    this.#draw();
  }

  /** Its session is over: it asks again, and whoever opened it points again. */
  #leave() {
    forgetPage();
    sessionStorage.removeItem(LET_IN);
    this.#inbox = undefined;
    this.#card = undefined;
    this.#sessionDrawn = '';
    byId('session').replaceChildren();
    byId('others').replaceChildren();
    delete byId('others').dataset.drawn;
    this.#opener?.postMessage({ ready: true }, '*');
    this.#drawOutside();
  }

  #drawOutside() {
    const from = this.#asking?.origin;
    const words =
      this.#refused !== ''
        ? `It was not let in for ${this.#refused}. Load it again to ask once more.`
        : from === undefined
          ? 'The inbox of the Workbench opens this window, and says which request to show.'
          : `Let it in on the page that \`ioi inbox --open\` opens: it names ${from}.`;
    if (byId('pending').textContent !== words) byId('pending').replaceChildren(made('p', words));
  }

  #draw() {
    if (this.#inbox === undefined || this.#isActing) return;
    const { node_id, pending, chain_time } = this.#inbox;
    byId('node').textContent = node_id;
    this.#drawSession();
    const item = this.#chosen(pending);
    this.#drawOthers(pending.filter((each) => each !== item));
    if (item === undefined) {
      this.#card = undefined;
      const words = 'Nothing waits.';
      if (byId('pending').textContent !== words) byId('pending').replaceChildren(made('p', words));
      return;
    }
    this.#at = pending.indexOf(item);
    if (this.#card?.request_hash !== item.request_hash) this.#turnTo(item);
    this.#card.show(item, this.#inbox);
    this.#card.tick(chain_time);
  }

  /**
   * What was pointed at, once nobody is in the middle of something; else what stands there. Who
   * looks at one with this window before them has it exchanged by nobody but themselves.
   */
  #chosen(pending) {
    const of = (hash) => pending.find((each) => each.request_hash === hash);
    const shown = of(this.#card?.request_hash);
    if (shown !== undefined && this.#card.isBusy) return shown;
    const isLooking = document.hasFocus() && performance.now() - this.#focusedAt > GRACE_MS;
    if (shown !== undefined && isLooking && !this.#isOwnTurn) return shown;
    this.#isOwnTurn = false;
    const wanted = of(this.#wanted);
    if (wanted !== undefined) this.#wanted = '';
    return wanted ?? shown ?? pending[this.#at] ?? pending.at(-1);
  }

  #turnTo(item) {
    const moved = () => this.#settled.moved();
    const acts = { decide: (words, run) => this.#decide(words, run), say, moved };
    const held = document.activeElement;
    // Of what is being typed, nothing is a key on another request.
    const isElsewhere = byId('keys').contains(held) || isField(held) || this.#card?.isBusy === true;
    this.#card = new RequestCard(item.request_hash, acts);
    this.#card.show(item, this.#inbox);
    byId('pending').replaceChildren(this.#card.element);
    this.#settled.moved();
    if (!isElsewhere) this.#card.element.focus();
  }

  #drawOthers(others) {
    const shown = others.slice(0, MOST_OTHERS);
    const now = JSON.stringify([others.length, shown.map(({ request_hash }) => request_hash)]);
    const place = byId('others');
    if (place.dataset.drawn === now) return;
    place.dataset.drawn = now;
    const list = made('ul');
    for (const { request_hash, target, place: at = '', agent } of shown) {
      const line = made('li');
      line.append(button(`${target} ${at} (${agent})`, () => this.#turn(request_hash)));
      list.append(line);
    }
    const words = others.length === 0 ? '' : `${others.length} more`;
    place.replaceChildren(made('p', words, { className: 'quiet' }), list);
  }

  #turn(hash) {
    this.#wanted = hash;
    this.#isOwnTurn = true;
    this.#draw();
  }

  #heed({ key, target, isTrusted }) {
    const { pending = [] } = this.#inbox ?? {};
    if (!isTrusted || target !== this.#card?.element) return;
    const step = { next: 1, previous: -1 }[actionOf(key)];
    const at = pending.findIndex((each) => each.request_hash === this.#card.request_hash);
    const next = step === undefined ? undefined : pending[at + step];
    if (next !== undefined) this.#turn(next.request_hash);
  }

  #drawSession() {
    const { unlocked_until, usable } = this.#inbox;
    const now = JSON.stringify([unlocked_until !== undefined, usable]);
    if (now === this.#sessionDrawn) return;
    this.#sessionDrawn = now;
    const add = (text, run) =>
      byId('session').append(button(text, () => this.#act(text.toLowerCase(), run)));
    byId('session').replaceChildren();
    if (unlocked_until !== undefined) return add('Lock', () => ask('/api/lock'));
    if (usable > 0) {
      return add('Unlock with a passkey', async () =>
        ask('/api/unlock', { assertion: await assertion(await ask('/api/unlock/challenge')) }),
      );
    }
    byId('session').append(made('p', 'Unlock it on the page that let this window in.'));
  }

  #decide(words, run) {
    if (this.#settled.holds()) return this.#act(words, run);
    say('what stands here has just changed: look again');
  }

  /** One after the other: a key that is pressed twice decides once. */
  async #act(words, run) {
    if (this.#isActing) return;
    this.#isActing = true;
    say(`${words} …`);
    let came;
    try {
      came = outcomeText(await run());
    } catch (fault) {
      came = fault.message;
    }
    // What stands there is about to be another one: a key that comes now means neither.
    this.#settled.moved();
    say(`${words}: ${came}`);
    this.#isActing = false;
    this.#sessionDrawn = '';
    // Unless it is over it is looked at again, with nothing left in its fields.
    this.#wanted = this.#card?.request_hash ?? '';
    this.#card = undefined;
    await this.#refresh();
    this.#wanted = '';
  }
}

new Beside().start();
