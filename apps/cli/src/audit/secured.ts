import { readFileSync, statSync } from 'node:fs';
import { type Options, textOption } from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';

/** How a receiver is known, and how this node is known to it. */
export type Secured = {
  readonly token?: string | undefined;
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
};

const OTHERS = 0o077;

/** `--token-file`, `--ca`, `--cert` and `--key`. */
export function securedBy(options: Options): Secured {
  const token = secretFile(options, 'tokenFile')?.toString('utf8').trim();
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw usageFault('--token-file holds no token: one line of visible ASCII');
  }
  const cert = fileOf(options, 'cert');
  const key = secretFile(options, 'key');
  if ((cert === undefined) !== (key === undefined)) throw usageFault('--cert goes with --key');
  return { token, ca: fileOf(options, 'ca'), cert, key };
}

function secretFile(options: Options, name: string): Buffer | undefined {
  const path = textOption(options, name);
  const bytes = fileOf(options, name);
  if (path !== undefined && (statSync(path).mode & OTHERS) !== 0) {
    throw usageFault(`others may read ${path}`, `chmod 600 ${path}`);
  }
  return bytes;
}

function fileOf(options: Options, name: string): Buffer | undefined {
  const path = textOption(options, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (fault) {
    throw usageFault(messageOf(fault));
  }
}
