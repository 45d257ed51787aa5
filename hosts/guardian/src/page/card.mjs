// A request that waits: what it would do, and what a person may do about it.

import { ask, assertion, button, made } from './asking.mjs';
import { editor } from './edit.mjs';

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
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

/** Drawn anew only where its own request changed, and even then with what stands in its fields. */
export class RequestCard {
  element = made('article');
  #drawn = '';
  #item = {};
  #page = {};
  #acts;
  #left = made('div');
  #match = matchField();
  #secret = secretField();
  #reason = reasonField();
  #editor = made('div');

  /** `decide` runs an act unless the requests have just moved; `say` tells the person. */
  constructor(request_hash, { decide, say }) {
    this.request_hash = request_hash;
    this.#acts = { decide, say };
  }

  /** @param page What the inbox says besides: where it is looked at, and how one may sign. */
  show(item, { on_device, usable, unlocked_until }) {
    const page = { on_device, usable, is_unlocked: unlocked_until !== undefined };
    const now = JSON.stringify([item, page]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    this.#item = item;
    this.#page = page;
    this.element.className = item.risk_class;
    const risk = item.risk_class === 'high' ? '▲ high risk' : '○ low risk';
    const warnings = item.warnings.map((words) => made('p', words, { className: 'warning' }));
    this.element.replaceChildren(
      made('h2', item.target),
      made('p', risk, { className: 'risk' }),
      ...warnings,
      this.#facts(),
      this.#group(),
      this.#editor,
    );
  }

  tick(chain_time) {
    this.#left.textContent = leftText(this.#item.expires, chain_time);
  }

  #facts() {
    const item = this.#item;
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
    row('time left', this.#left);
    const { factors, out_of_band } = item.needs;
    if (factors > 1) row('signed by', `${item.signed.length} of ${factors} approvers`);
    if (out_of_band) row('takes', 'a passkey on another device');
    for (const { label, code } of item.match ?? []) row('match code', `${code} for ${label}`);
    row('request', item.request_hash);
    return list;
  }

  #group() {
    const { decide, say } = this.#acts;
    const { on_device } = this.#page;
    const group = made('div', undefined, { className: 'acts' });
    if (this.#takesMatch) group.append(this.#match);
    group.append(...this.#approvals());
    const typed = () => ({ passphrase: this.#secret.value });
    if (!on_device) {
      group.append(this.#secret, this.#approval('Approve with the passphrase', typed));
    }
    const { request_hash } = this;
    const proved = (more) => ({ request_hash, ...more, ...this.#passphrase() });
    const deny = () => ask('/api/deny', proved({ reason: this.#reason.value }));
    const extend = () => ask('/api/extend', proved({ more_ms: ONE_HOUR_MS }));
    const edit = (changed) => decide('edit', () => ask('/api/edit', proved(changed)));
    const open = async () => {
      const opened = editor(await ask('/api/params', { request_hash }), edit);
      this.#editor.replaceChildren(opened);
    };
    group.append(
      button('One more hour', () => decide('more time', extend)),
      button('Edit', () => open().catch((fault) => say(fault.message))),
      this.#reason,
      button('Deny', () => decide('deny', deny)),
    );
    return group;
  }

  get #takesMatch() {
    return this.#page.on_device && this.#item.risk_class === 'high';
  }

  #passphrase() {
    return this.#secret.value === '' ? {} : { passphrase: this.#secret.value };
  }

  #approvals() {
    const { usable, is_unlocked } = this.#page;
    const { request_hash } = this;
    const signed = async () => {
      const match = this.#takesMatch ? { match: this.#match.value } : {};
      return {
        assertion: await assertion(await ask('/api/challenge', { request_hash, ...match })),
      };
    };
    const group = [];
    if (usable > 0) group.push(this.#approval('Approve with a passkey', signed));
    if (this.#item.risk_class === 'low' && is_unlocked) group.push(this.#approval('Approve'));
    return group;
  }

  #approval(text, proof) {
    const { request_hash } = this;
    const run = async () => ask('/api/approve', { request_hash, ...(await proof?.()) });
    return button(text, () => this.#acts.decide('approve', run));
  }
}
