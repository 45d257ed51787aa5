import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { isDigest } from '@ioi/canon';
import { isDeviceHost } from '@ioi/law';

/** A name, and the key of the one node that may have what comes for it. */
export type Added = { readonly name: string; readonly key_id: string };
export type RegisterError = { readonly code: string; readonly message: string };

const FORMAT = 'ioi-relay-name/1';
const ENDING = '.json';

/** Which node has which name: a file each, so that two who add at once never undo one another. */
export class Register {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, 'names');
  }

  add(name: string, keyId: string): Result<Added, RegisterError> {
    if (!isDeviceHost(name)) {
      return refuse('relay.bad_name', `${name} is no host name, such as laptop.relay.example.org`);
    }
    if (!isDigest(keyId)) return refuse('relay.bad_key', 'a key is named as sha256:…');
    const added = { name, key_id: keyId };
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    try {
      const text = `${JSON.stringify({ format: FORMAT, ...added })}\n`;
      writeFileSync(this.#fileOf(name), text, { mode: 0o600, flag: 'wx' });
      return ok(added);
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault;
      return refuse('relay.name_taken', `${name} is a node's already; remove it first`);
    }
  }

  remove(name: string): Result<Added, RegisterError> {
    const keyId = this.keyOf(name);
    if (keyId === undefined) return refuse('relay.not_added', `${name} is no node's here`);
    rmSync(this.#fileOf(name), { force: true });
    return ok({ name, key_id: keyId });
  }

  list(): readonly Added[] {
    return namesIn(this.#folder).flatMap((name) => {
      const keyId = this.keyOf(name);
      return keyId === undefined ? [] : [{ name, key_id: keyId }];
    });
  }

  /**
   * A file that is no entry lets nobody in. Throws where it cannot be read just now, such as for
   * want of descriptors in a flood: then nobody knows, and nobody is to be cut for it.
   */
  keyOf(name: string): string | undefined {
    if (!isDeviceHost(name)) return undefined;
    try {
      const read = Object(JSON.parse(readFileSync(this.#fileOf(name), 'utf8')));
      const { format, name: named, key_id: keyId } = read as Record<string, unknown>;
      return format === FORMAT && named === name && isDigest(keyId) ? keyId : undefined;
    } catch (fault) {
      const isNone = (fault as NodeJS.ErrnoException).code === 'ENOENT';
      if (isNone || fault instanceof SyntaxError) return undefined;
      throw fault;
    }
  }

  #fileOf(name: string): string {
    return join(this.#folder, `${name}${ENDING}`);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    const files = readdirSync(folder).filter((each) => each.endsWith(ENDING));
    return files.map((each) => each.slice(0, -ENDING.length)).toSorted();
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fault;
  }
}

function refuse(code: string, message: string): Result<never, RegisterError> {
  return err({ code, message });
}
