import type { HybridKey } from '@ioi/crypto/shell';
import type { VaultAnchor } from './vault-anchor.ts';
import { VaultFile } from './vault-file.ts';
import { VaultLock } from './vault-lock.ts';

type HandingOn = {
  readonly folder: string;
  readonly anchor: VaultAnchor;
  readonly owner: HybridKey;
  /** Of the guardian that goes on. */
  readonly sealKey: HybridKey;
};

/**
 * What opened by itself under the guardian before opens by itself under the next: the owner's key
 * is at hand, and opens the vault. One it does not open stays as it is.
 */
export function handOnVault({ folder, anchor, owner, sealKey }: HandingOn): void {
  const file = new VaultFile(folder, anchor);
  const readClock = () => ({ monotonic: 0n, wall: 0n });
  const lock = new VaultLock({ file, sealKey, chainTime: () => 0n, readClock });
  if (!lock.has('file') || !lock.has('owner') || !lock.unlockByOwner(owner).ok) return;
  const written = file.write({ puts: new Map([lock.fileSlot(lock.key as Uint8Array).line]) });
  lock.lock();
  if (!written.ok) throw new Error(written.error.message);
}

/** Whether a file of the vault is what the store beside it remembers. */
export function isVaultWhole(folder: string, anchor: VaultAnchor): boolean {
  const { refusal, lost } = new VaultFile(folder, anchor);
  return refusal === undefined && lost.length === 0;
}
