import { WEB_SERVER } from '@ioi/law';
import type { RunCredential } from '@ioi/protocol';
import { exitOfProblem } from '../core/exit-codes.ts';
import type { Context } from './context.ts';
import { CommandFault, usageFault } from './fault.ts';
import { vaultOf } from './vault-of.ts';

/** A secret of the vault whose placeholder a program gets, and in which variable. */
export type NamedCredential = RunCredential & { readonly variable: string };

/** Those that are sent as they are: all others are used to sign, which no placeholder does. */
const KINDS: readonly string[] = ['bearer', 'header', 'basic'];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** `NAME` or `NAME=VARIABLE`, as the vault knows them: refused before anything is started. */
export async function credentialsOf(
  context: Context,
  named: readonly string[],
): Promise<readonly NamedCredential[]> {
  if (named.length === 0) return [];
  const vault = vaultOf(context);
  const { state, refusal } = await vault.status();
  if (state !== 'unlocked') {
    const { code = 'vault.locked', message = 'the vault is locked' } = refusal ?? {};
    throw refused(code, message, 'ioi wallet unlock');
  }
  const items = await vault.items();
  const wanted = named.map((each) => {
    const [name = '', variable = variableOf(name)] = each.split('=');
    if (!VARIABLE.test(variable)) throw usageFault(`${variable} is no name of a variable`);
    const item = items.find((known) => known.name === name);
    if (item === undefined) {
      throw refused('credential.missing', `there is no secret named ${name}`, putNext(name));
    }
    const { kind, header, bound_to: bound } = item;
    if (bound.server !== WEB_SERVER) {
      const message = `${name} is for ${bound.server} at ${bound.origin} alone`;
      throw refused('credential.bound_elsewhere', message, putNext(`${name}-run`));
    }
    if (!KINDS.includes(kind)) {
      const message = `${name} is a ${kind}; a placeholder stands for ${KINDS.join(', ')}`;
      throw refused('credential.other_kind', message, putNext(name));
    }
    return { name, origin: bound.origin, variable, ...(header === undefined ? {} : { header }) };
  });
  for (const member of ['name', 'variable'] as const) {
    const values = wanted.map((each) => each[member]);
    const twice = values.find((value, at) => values.indexOf(value) !== at);
    if (twice !== undefined) throw usageFault(`${twice} is named twice`);
  }
  return wanted;
}

function variableOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function putNext(name: string): string {
  return `ioi wallet secret set ${name} --kind bearer --server ${WEB_SERVER} --origin https://HOST`;
}

function refused(code: string, message: string, next: string): CommandFault {
  return new CommandFault({ exit: exitOfProblem(code), code, message, next });
}
