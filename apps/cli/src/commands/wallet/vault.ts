import { readTimeSpan } from '../../core/time-span.ts';
import { visible } from '../../core/visible.ts';
import { type Command, type Context, flagOption, textOption } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { timeText } from '../../shell/time.ts';
import type { Unlocker, Unlockers, VaultStatus } from '../../shell/vault-api.ts';
import { vaultOf } from '../../shell/vault-of.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';
import { inbox } from '../inbox.ts';

/** `ioi wallet unlock [--for 8h] [--page]` */
export const walletUnlock: Command = async (context, _args, options) => {
  if (flagOption(options, 'page')) return inbox(context, [], { ...options, open: true });
  const span = textOption(options, 'for');
  const milliseconds = span === undefined ? undefined : readTimeSpan(span);
  if (span !== undefined && (milliseconds ?? 0n) === 0n) {
    throw usageFault(`--for takes a time such as 8h or 90m, not ${span}`);
  }
  const passphrase = await ownerPassphrase(context, options);
  const limit = milliseconds === undefined ? {} : { for_ms: String(milliseconds) };
  return say(context, await vaultOf(context).unlock({ passphrase, ...limit }));
};

/** `ioi wallet lock` */
export const walletLock: Command = async (context) => say(context, await vaultOf(context).lock());

/** `ioi wallet vault status` */
export const vaultStatus: Command = async (context) => {
  const status = await vaultOf(context).status();
  const unlockers = status.unlockers.flatMap(({ reveals, ...about }) => [
    `opens by ${unlockerText(about)}`,
    `  theft of the disk reveals: ${reveals.disk}`,
    `  of the account: ${reveals.account}`,
    `  of the running machine: ${reveals.machine}`,
  ]);
  const lost = status.lost.map(({ name, version }) => {
    return `lost by the disk: ${visible(name)}, version ${version}; set it again`;
  });
  const gone = status.lost_unlockers.map((id) => `lost by the disk: the unlocker ${visible(id)}`);
  const start = `when the node starts: ${startText(status)}`;
  context.output.say([stateText(status), start, ...unlockers, ...lost, ...gone], status);
  return status.state === 'refused' ? 'unverified' : undefined;
};

/** `ioi wallet vault rekey` */
export const vaultRekey: Command = async (context, _args, options) => {
  const passphrase = await ownerPassphrase(context, options);
  return sayUnlockers(context, await vaultOf(context).rekey(passphrase), 'a new vault key');
};

/** `ioi wallet vault forget UNLOCKER` */
export const vaultForget: Command = async (context, [id = ''], options) => {
  const passphrase = await ownerPassphrase(context, options);
  const left = await vaultOf(context).removeUnlocker(id, passphrase);
  return sayUnlockers(context, left, `${visible(id)} opens it no more`);
};

/** `ioi wallet vault adopt` */
export const vaultAdopt: Command = async (context, _args, options) => {
  const passphrase = await ownerPassphrase(context, options);
  return say(context, await vaultOf(context).adopt(passphrase));
};

/** `ioi wallet vault reset` */
export const vaultReset: Command = async (context, _args, options) => {
  const passphrase = await ownerPassphrase(context, options);
  const { aside } = await vaultOf(context).setAside(passphrase);
  const lines = ['the vault is empty, and opens by itself: ioi wallet unattended off'];
  lines.push(`the file of the one before is ${visible(aside)} in ${context.home.guardian}`);
  context.output.say(lines, { aside });
  return undefined;
};

export function sayUnlockers({ output }: Context, given: Unlockers, done: string): undefined {
  const again = given.dropped.map((id) => `dropped: ${visible(id)}; set it up again`);
  const opens = given.unlockers.map((each) => `opens by ${unlockerText(each)}`);
  output.say([done, ...again, ...opens], given);
  return undefined;
}

function say({ output }: Context, status: VaultStatus): undefined {
  output.say([stateText(status)], status);
  return undefined;
}

function stateText({ state, until, refusal }: VaultStatus): string {
  if (state === 'refused') return `not to be used: ${visible(refusal?.message ?? '')}`;
  if (state === 'locked') return 'locked; what needs a secret is refused: ioi wallet unlock';
  return until === undefined
    ? 'unlocked'
    : `unlocked until ${timeText(until)} UTC by the clock of this machine`;
}

function startText({ unattended }: VaultStatus): string {
  if (unattended === 'off') return 'locked, until: ioi wallet unlock';
  return `opens by itself, by ${unattended}; to end that: ioi wallet unattended off`;
}

function unlockerText({ id, kind, label, kdf }: Unlocker): string {
  if (kind === 'passkey') return `the passkey ${visible(label ?? id)} (${visible(id)})`;
  if (kdf === undefined) return kind;
  const { memory_kib: memory, passes, parallelism } = kdf;
  return `${kind}, Argon2id over ${memory / 1024} MiB, ${passes} passes, ${parallelism} lanes`;
}
