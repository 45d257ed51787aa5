import { join } from 'node:path';
import { generateHybridKey, type HybridKey } from '@ioi/crypto/shell';
import { foundOn, type GroupFile, newGroup } from '../threshold/founding.ts';
import { ShareStore } from '../threshold/share-store.ts';
import { type SigningFile, signOn } from '../threshold/signing.ts';

/** Members of a group on one machine, each with a store of its own. */
export class TestMembers {
  readonly keys: readonly HybridKey[];
  readonly #folder: string;

  constructor(folder: string, count = 3) {
    this.#folder = folder;
    this.keys = Array.from({ length: count }, () => generateHybridKey());
  }

  store(member: number): ShareStore {
    return new ShareStore(join(this.#folder, `member-${member}`), this.key(member));
  }

  key(member: number): HybridKey {
    const key = this.keys[member - 1];
    if (key === undefined) throw new Error(`there is no member ${member}`);
    return key;
  }

  found(file: GroupFile, member: number): [GroupFile, string] {
    return this.#with(member, (store) => foundOn(file, this.key(member), store));
  }

  sign(file: SigningFile, member: number): [SigningFile, string] {
    return this.#with(member, (store) => signOn(file, this.key(member), store));
  }

  /** A group that all of them founded. */
  group(threshold = 2): GroupFile {
    let file = newGroup(
      threshold,
      this.keys.map(({ publicKey }) => publicKey),
    );
    for (let round = 0; round < 3; round += 1) {
      for (let member = 1; member <= this.keys.length; member += 1) {
        [file] = this.found(file, member);
      }
    }
    return file;
  }

  #with<T>(member: number, work: (store: ShareStore) => T): T {
    const store = this.store(member);
    try {
      return work(store);
    } finally {
      store.close();
    }
  }
}
