// The vault, opened by what a passkey gives for it (its PRF). That is the key: nobody checks a
// signature, and no challenge comes from elsewhere.

import { ask, bytesOf, made, textOf } from './asking.mjs';

const ES256 = -7;
const RS256 = -257;
const TIMES = [
  ['until the node stops', ''],
  ['for one hour', '3600000'],
  ['for eight hours', '28800000'],
];
const WITHOUT_PRF = 'this passkey gives no key of its own (PRF): it cannot open the vault';
const random = (size) => crypto.getRandomValues(new Uint8Array(size));

function saltIn({ prf_salt }) {
  return Uint8Array.from(prf_salt.match(/../g), (pair) => Number.parseInt(pair, 16));
}

/** What it gives for this vault, in base64. */
async function keyFrom(ids, vault) {
  const asserted = await navigator.credentials.get({
    publicKey: {
      challenge: random(32),
      rpId: location.hostname,
      allowCredentials: ids.map((id) => ({ type: 'public-key', id })),
      userVerification: 'required',
      extensions: { prf: { eval: { first: saltIn(vault) } } },
    },
  });
  const given = asserted.getClientExtensionResults().prf?.results?.first;
  if (given === undefined) throw new Error(WITHOUT_PRF);
  return textOf(given);
}

/** A passkey for the vault alone, which the owner adds to what opens it. */
export async function addVaultPasskey({ label, passphrase }) {
  const vault = await ask('/api/vault');
  const created = await navigator.credentials.create({
    publicKey: {
      challenge: random(32),
      rp: { id: location.hostname, name: 'IOI vault' },
      user: { id: random(16), name: `vault: ${label}`, displayName: `vault: ${label}` },
      pubKeyCredParams: [ES256, RS256].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: idsIn(vault).map((id) => ({ type: 'public-key', id })),
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
      attestation: 'none',
      extensions: { prf: {} },
    },
  });
  if (created.getClientExtensionResults().prf?.enabled !== true) throw new Error(WITHOUT_PRF);
  const key = await keyFrom([created.rawId], vault);
  const plain = textOf(created.rawId).replaceAll('+', '-').replaceAll('/', '_');
  const credential_id = plain.replaceAll('=', '');
  return ask('/api/vault/passkey', { passphrase, label, key, credential_id });
}

function idsIn({ passkeys }) {
  return passkeys.map(({ credential_id }) => bytesOf(credential_id));
}

function stateText({ state, until, refusal }) {
  if (state === 'refused') return `It is not to be used: ${refusal}.`;
  if (state === 'locked') return 'It is locked: what needs a secret is refused.';
  if (until === undefined) return 'It is open.';
  return `It is open until ${new Date(Number(until)).toLocaleString()}.`;
}

/** Draws what opens it, and the buttons for that; `add` makes one of words and what they do. */
export class VaultSection {
  #section;
  #add;
  #drawn = '';
  #asked = 0;

  constructor(section, add) {
    this.#section = section;
    this.#add = add;
  }

  async refresh() {
    this.#asked += 1;
    const mine = this.#asked;
    const vault = await ask('/api/vault');
    const now = JSON.stringify(vault);
    // An answer that was overtaken says how it was, not how it is.
    if (mine !== this.#asked || now === this.#drawn) return;
    this.#drawn = now;
    this.#section.hidden = false;
    const rows = vault.passkeys.map(({ label, id }) => made('li', `${label} ${id}`));
    this.#part('state').textContent = stateText(vault);
    this.#part('passkeys').replaceChildren(...rows);
    this.#part('acts').replaceChildren(...this.#acts(vault));
  }

  #acts(vault) {
    const { state, passkeys } = vault;
    if (state === 'unlocked') return [this.#add('Lock the vault', () => ask('/api/vault/lock'))];
    if (state !== 'locked' || passkeys.length === 0) return [];
    const span = made('select');
    span.setAttribute('aria-label', 'For how long');
    span.append(...TIMES.map(([text, value]) => made('option', text, { value })));
    const unlock = async () => {
      const for_ms = span.value === '' ? {} : { for_ms: span.value };
      return ask('/api/vault/unlock', { key: await keyFrom(idsIn(vault), vault), ...for_ms });
    };
    return [span, this.#add('Unlock the vault with a passkey', unlock)];
  }

  #part(name) {
    return this.#section.querySelector(`[data-part=${name}]`);
  }
}
