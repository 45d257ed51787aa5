/** What opens the vault. */
export type UnlockerKind = 'owner' | 'passphrase' | 'file' | 'systemd' | 'keyring' | 'passkey';

/** Those that open it without a person, when the node starts. */
export const UNATTENDED = ['file', 'systemd', 'keyring'] as const;
export type Unattended = (typeof UNATTENDED)[number];

/** All that is told of one way to open the vault. */
export type SlotInfo = {
  /** The kind, where there is one of it; of passkeys a name of its own. */
  readonly id: string;
  readonly kind: UnlockerKind;
  /** Chain Time, as text. */
  readonly made_at: string;
  /** Of a `passphrase`: what one attempt costs. */
  readonly kdf?: {
    readonly name: 'argon2id';
    readonly memory_kib: number;
    readonly passes: number;
    readonly parallelism: number;
    readonly salt: string;
  };
  /** Of a `passkey`: as WebAuthn names it (base64url), and what its owner calls it. */
  readonly credential_id?: string;
  readonly label?: string;
};

/** What a thief learns, of the secrets that are in the vault. */
export type Reveals = {
  /** Who has the disk, or a copy of it, of a machine that is off. */
  readonly disk: string;
  /** Who runs programs under this account. */
  readonly account: string;
  /** Who controls the running machine. */
  readonly machine: string;
};

const WHILE_OPEN = 'nothing while the vault is locked; all of it while it is unlocked';

export const REVEALS: Readonly<Record<UnlockerKind, Reveals>> = {
  owner: {
    disk: 'nothing without the passphrase of the key file, or the recovery phrase',
    account: `${WHILE_OPEN}, where it can read the guardian's memory`,
    machine: `${WHILE_OPEN}; and the passphrase when it is typed next`,
  },
  passphrase: {
    disk: 'nothing without the passphrase, which can be guessed at the stated cost a try',
    account: `${WHILE_OPEN}, where it can read the guardian's memory`,
    machine: `${WHILE_OPEN}; and the passphrase when it is typed next`,
  },
  file: {
    disk: 'all of it: what opens the vault lies beside it',
    account: 'all of it, at any time',
    machine: 'all of it, at any time',
  },
  systemd: {
    disk: 'nothing where the key of systemd is in a TPM; all of it where it lies on the same disk',
    account: "all of it: the running unit's credential and the guardian's memory",
    machine: 'all of it, at any time',
  },
  keyring: {
    disk: 'nothing without the password of the keyring, which often is the one of the login',
    account: 'all of it while the keyring is open, which any program of the account may ask',
    machine: 'all of it while the keyring is open',
  },
  passkey: {
    disk: 'nothing without the passkey',
    account:
      `${WHILE_OPEN}, where it can read the guardian's memory; and what the passkey gives to ` +
      'another page of this machine, if its person lets it',
    machine: `${WHILE_OPEN}; and what the passkey gives when it is used next`,
  },
};

const CREDENTIAL_ID = /^[A-Za-z0-9_-]{16,1366}$/;
const LABEL = /^[^\p{Cc}]{1,64}$/u;

/** What a passkey is enrolled as; undefined when it is anything else. */
export function readPasskeyLabels(given: Readonly<Record<string, unknown>>) {
  const { credential_id, label } = given;
  if (typeof credential_id !== 'string' || !CREDENTIAL_ID.test(credential_id)) return undefined;
  if (typeof label !== 'string' || !LABEL.test(label)) return undefined;
  return { credential_id, label };
}

/** Whether it is one of those that need no person. */
export function isUnattended(kind: unknown): kind is Unattended {
  return UNATTENDED.some((each) => each === kind);
}
