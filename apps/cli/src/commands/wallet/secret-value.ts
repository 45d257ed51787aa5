import { readFileSync } from 'node:fs';
import { type Context, flagOption, type Options, textOption } from '../../shell/context.ts';
import { messageOf, usageFault } from '../../shell/fault.ts';
import { readHidden } from '../../shell/prompt.ts';
import type { SecretGiven } from '../../shell/vault-api.ts';

type Kind = SecretGiven['kind'];

/** What is asked for, by kind, where somebody is there to be asked. */
const QUESTIONS: Readonly<Record<Kind, string>> = {
  bearer: 'Token: ',
  header: 'Value of the header: ',
  basic: 'Password: ',
  sigv4: 'Secret access key: ',
  ssh_key: '',
  evm_key: 'Private key (hex): ',
  webhook: 'Secret of the webhook: ',
};

/**
 * The text of a secret, from standard input, a file or a hidden prompt: never from an argument. Of
 * `sigv4` a second line is the session token.
 */
export async function secretText(kind: Kind, context: Context, options: Options): Promise<string> {
  const said = await saidText(kind, context, options);
  if (kind === 'webhook') return JSON.stringify({ secret: said });
  if (kind === 'basic') {
    const username = needed(options, 'username', kind);
    return JSON.stringify({ username, password: said });
  }
  if (kind !== 'sigv4') return said;
  const access_key_id = needed(options, 'accessKeyId', kind);
  const [secret_access_key = '', session_token] = said.split(/\r?\n/);
  const session = session_token === undefined ? {} : { session_token };
  return JSON.stringify({ access_key_id, secret_access_key, ...session });
}

async function saidText(kind: Kind, { output }: Context, options: Options): Promise<string> {
  const file = textOption(options, 'file');
  if (file !== undefined) return textIn(file);
  const question = QUESTIONS[kind];
  if (!flagOption(options, 'stdin') && output.canAsk && question !== '') {
    return readHidden(question);
  }
  if (process.stdin.isTTY) throw usageFault('the value is read from --stdin or from a --file');
  return readFileSync(0, 'utf8').replace(/\r?\n$/, '');
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (fault) {
    throw usageFault(`${file} cannot be read: ${messageOf(fault)}`);
  }
}

function needed(options: Options, name: string, kind: Kind): string {
  const value = textOption(options, name);
  if (value !== undefined) return value;
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usageFault(`a secret of the kind ${kind} needs --${flag}`);
}
