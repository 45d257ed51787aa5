import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BucketFault } from './fault.ts';

export type BucketCredentials = {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token?: string;
};

/** Anything for the group or for others; systemd lets the group of its own read. */
const OF_OTHERS = 0o077;
const OF_OTHERS_IN_SYSTEMD = 0o037;
const MOST_BYTES = 8192;
const WORD = /^[\x21-\x7e]{1,4096}$/;

/** Read anew each time, so that whoever changes them is followed. Faults by name. */
export function readBucketCredentials(
  named: string,
  folder: string | undefined = process.env['CREDENTIALS_DIRECTORY'],
): BucketCredentials {
  const isSystemd = named.startsWith('systemd:');
  const name = named.slice(named.indexOf(':') + 1);
  if (isSystemd && !folder) throw refused('this node was started by no unit that has credentials');
  const path = isSystemd ? join(folder ?? '', name) : name;
  const text = readOwn(path, isSystemd ? OF_OTHERS_IN_SYSTEMD : OF_OTHERS);
  const { access_key_id, secret_access_key, session_token } = fieldsIn(text);
  if (!isWord(access_key_id) || !isWord(secret_access_key)) {
    throw refused(`${path} needs "access_key_id" and "secret_access_key"`);
  }
  if (session_token === undefined) return { access_key_id, secret_access_key };
  if (!isWord(session_token)) throw refused(`${path} has a "session_token" that is none`);
  return { access_key_id, secret_access_key, session_token };
}

function readOwn(path: string, ofOthers: number): string {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { mode, size } = fstatSync(file);
    if ((mode & ofOthers) !== 0) throw refused(`others may read ${path}`);
    if (size > MOST_BYTES) throw refused(`${path} is too long`);
    return readFileSync(file, 'utf8');
  } catch (fault) {
    if (fault instanceof BucketFault) throw fault;
    throw refused(`${path} cannot be read (${(fault as NodeJS.ErrnoException).code})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Nothing of what it says is repeated, whatever it is. */
function fieldsIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && WORD.test(value);
}

function refused(message: string): BucketFault {
  return new BucketFault('bucket.no_credentials', message);
}
