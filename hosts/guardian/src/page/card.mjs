// A request that waits: what it would do, and what a person may do about it.

import { answerPanel } from './answer.mjs';
import { ask, assertion, button, made } from './asking.mjs';
import { batchPanel } from './batch.mjs';
import { editor } from './edit.mjs';
import { actionOf } from './keys.mjs';
import { reasonsPanel } from './reasons.mjs';

const ONE_HOUR_MS = '3600000';

export function secretField() {
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

function reasonField() {
  const reason = made('input', undefined, { maxLength: 1024, placeholder: 'reason' });
  reason.setAttribute('aria-label', 'Reason');
  return reason;
}

function linesBlock(lines) {
  const block = made('pre');
  const marks = { old: '- ', new: '+ ', same: '', note: '' };
  for (const { kind, text } of lines) {
    block.append(made('span', `${marks[kind]}${text}\n`, { className: kind }));
  }
  return block;
}

function leftText(expires, chain_time) {
  const minutes = Math.ceil((Number(expires) - Number(chain_time)) / 60_000);
  const left = minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
  return `${left}, then it is denied and can be asked again`;
}

export function isField(target) {
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target?.tagName ?? '');
}

/** Drawn anew only where its own request changed, and even then with what stands in its fields. */
export class RequestCard {
  element = made('article', undefined, { tabIndex: 0 });
  #drawn = '';
  #item = {};
  #page = {};
  #acts;
  #left = made('div');
  #match = matchField();
  #secret = secretField();
  #reason = reasonField();
  #panel = made('div');

  /**
   * `decide` runs an act unless the requests have just moved; `say` tells the person; `moved` is
   * called where something opens under the hand.
   */
  constructor(request_hash, { decide, say, moved }) {
    this.request_hash = request_hash;
    this.#acts = { decide, say, moved };
    this.element.addEventListener('keydown', (event) => this.#heed(event));
  }

  /** @param page What the inbox says besides: where it is looked at, and how one may sign. */
  show(item, { on_device, is_beside = false, usable, unlocked_until, pending }) {
    const page = { on_device, is_beside, usable, is_unlocked: unlocked_until !== undefined };
    const now = JSON.stringify([item, page]);
    this.#page = { ...page, pending };
    if (now === this.#drawn) return;
    this.#drawn = now;
    this.#item = item;
    this.element.className = item.risk_class;
    const text = item.risk_class === 'high' ? '▲ high risk' : '○ low risk';
    const risk = made('p', text, { className: 'risk', id: `risk-${item.request_hash}` });
    const facts = this.#facts();
    const title = made('h2', item.target, { id: `of-${item.request_hash}` });
    this.element.setAttribute('aria-labelledby', `${title.id} ${risk.id}`);
    this.element.setAttribute('aria-describedby', facts.id);
    const warnings = item.warnings.map((words) => made('p', words, { className: 'warning' }));
    const held = document.activeElement;
    const isHeld = this.element.contains(held);
    this.element.replaceChildren(title, risk, ...warnings, facts, this.#group(), this.#panel);
    // Whoever types in one of its fields goes on there.
    if (isHeld && this.element.contains(held)) held.focus();
  }

  tick(chain_time) {
    this.#left.textContent = leftText(this.#item.expires, chain_time);
  }

  /** Whether a person may be in the middle of something in it. */
  get isBusy() {
    const held = document.activeElement;
    const isTyping = isField(held) && this.element.contains(held);
    const hasText = [this.#match, this.#secret, this.#reason].some(({ value }) => value !== '');
    return this.#isOpen || isTyping || hasText;
  }

  get #isOpen() {
    return this.#panel.hasChildNodes();
  }

  #facts() {
    const item = this.#item;
    const list = made('dl', undefined, { id: `facts-${item.request_hash}` });
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
    row('time left', this.#left);
    const { factors, out_of_band } = item.needs;
    if (factors > 1) row('signed by', `${item.signed.length} of ${factors} approvers`);
    if (out_of_band) row('takes', 'a passkey on another device');
    for (const { label, code } of item.match ?? []) row('match code', `${code} for ${label}`);
    row('request', item.request_hash);
    return list;
  }

  #group() {
    const group = made('div', undefined, { className: 'acts' });
    if (this.#takesMatch) group.append(this.#match);
    group.append(...(this.#asks ? this.#answering() : this.#approving()));
    group.append(
      button('One more hour', () => this.#extend()),
      button('Edit', () => this.#open(this.#editor())),
      this.#reason,
      button('Deny', () => this.#deny(this.#reason.value)),
    );
    return group;
  }

  /** It asks for words, which are put into it before it is approved. */
  get #asks() {
    return this.#item.answers !== undefined;
  }

  #answering() {
    const secret = this.#takesPassphrase ? [this.#secret] : [];
    return [...secret, button('Answer', () => this.#open(this.#answers()))];
  }

  #approving() {
    if (!this.#takesPassphrase) return this.#approvals();
    const typed = () => ({ passphrase: this.#secret.value });
    const byPassphrase = this.#approval('Approve with the passphrase', typed);
    return [...this.#approvals(), this.#secret, byPassphrase];
  }

  get #takesMatch() {
    return this.#page.on_device && this.#item.risk_class === 'high';
  }

  /** Where another page had it opened, an address that looks like this one could be another. */
  get #takesPassphrase() {
    return !this.#page.on_device && !this.#page.is_beside;
  }

  #proved(more) {
    const given = this.#secret.value === '' ? {} : { passphrase: this.#secret.value };
    return { request_hash: this.request_hash, ...more, ...given };
  }

  #approvals() {
    const group = [];
    if (this.#page.usable > 0) group.push(this.#approval('Approve with a passkey', this.#signed));
    if (this.#isOneKey) group.push(this.#approval('Approve'));
    const { alike } = this.#item;
    if (alike !== undefined && this.#isOneKey) {
      const words = `All ${alike.request_hashes.length} of equal shape`;
      group.push(button(words, () => this.#batch()));
    }
    return group;
  }

  get #isOneKey() {
    return this.#item.risk_class === 'low' && this.#page.is_unlocked;
  }

  #signed = async () => {
    const { request_hash } = this;
    const match = this.#takesMatch ? { match: this.#match.value } : {};
    return { assertion: await assertion(await ask('/api/challenge', { request_hash, ...match })) };
  };

  #approval(text, proof) {
    return button(text, () => this.#approve(proof));
  }

  #approve(proof) {
    const { request_hash } = this;
    const run = async () => ask('/api/approve', { request_hash, ...(await proof?.()) });
    this.#acts.decide('approve', run);
  }

  /** The request with the answer in it is another one, and that is what is approved. */
  #answer(value) {
    const changes = [{ path: ['answer'], value }];
    const proved = this.#proved({ changes });
    this.#acts.decide('answer', async () => {
      const { request_hash } = await ask('/api/edit', proved);
      return ask('/api/approve', { ...proved, request_hash });
    });
  }

  async #answers() {
    const { params } = await ask('/api/params', { request_hash: this.request_hash });
    const about = { choices: params.choices ?? [], shown: this.#item.answers };
    return answerPanel(about, (value) => this.#answer(value));
  }

  #deny(reason) {
    this.#acts.decide('deny', () => ask('/api/deny', this.#proved({ reason })));
  }

  #extend() {
    const more_ms = ONE_HOUR_MS;
    this.#acts.decide('more time', () => ask('/api/extend', this.#proved({ more_ms })));
  }

  async #editor() {
    const { request_hash } = this;
    const edit = (changed) =>
      this.#acts.decide('edit', () => ask('/api/edit', this.#proved(changed)));
    return editor(await ask('/api/params', { request_hash }), edit);
  }

  #batch() {
    const { request_hashes, differs } = this.#item.alike;
    const items = this.#page.pending.filter((each) => request_hashes.includes(each.request_hash));
    this.#open(batchPanel(items, differs, { drawn: linesBlock, decide: this.#acts.decide }));
  }

  async #open(making) {
    try {
      const panel = await making;
      this.#panel.replaceChildren(panel);
      this.#acts.moved();
      panel.querySelector('button, textarea, input')?.focus();
    } catch (fault) {
      this.#acts.say(fault.message);
    }
  }

  /** One key for what is of low risk on an unlocked page; else it takes a passkey. */
  #approveByKey() {
    if (this.#asks) return this.#open(this.#answers());
    if (this.#isOneKey) return this.#approve();
    if (this.#page.usable > 0) return this.#approve(this.#signed);
    this.#acts.say(
      this.#takesPassphrase
        ? 'approve: unlock this page, or give the passphrase'
        : 'approve: unlock it on the page that let this window in',
    );
  }

  /** What a single key does here. Of what one types nothing is a key. */
  #heed(event) {
    const { key, target, isTrusted, repeat } = event;
    if (!isTrusted || repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionOf(key);
    const isOwn = target === this.element;
    if (key === 'Escape') this.#escape(isOwn, action === 'deny');
    else if (isField(target) || (key === 'Enter' && !isOwn)) return;
    else if (action === 'approve') this.#approveByKey();
    else if (action === 'deny') this.#open(reasonsPanel((reason) => this.#deny(reason)));
    else if (action === 'extend') this.#extend();
    else if (action === 'batch' && this.#item.alike && this.#isOneKey) this.#batch();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** It closes what is open, and denies where nothing is. */
  #escape(isOwn, mayDeny) {
    if (isOwn && !this.#isOpen) {
      if (mayDeny) this.#deny('');
      return;
    }
    this.#panel.replaceChildren();
    this.element.focus();
  }
}
