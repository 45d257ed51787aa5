import { readFileSync } from 'node:fs';
import { type LeftLine, type LeftOver, readDotenv } from '../../core/dotenv.ts';
import { type Guess, guessSecrets, type Place } from '../../core/guess-secret.ts';
import { quoted } from '../../core/next-steps.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  listOption,
  type Options,
} from '../../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../../shell/fault.ts';
import { askYes } from '../../shell/prompt.ts';
import type { SecretItem } from '../../shell/vault-api.ts';
import { vaultOf } from '../../shell/vault-of.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';
import { edgeTargets } from '../../up/edge-targets.ts';

const SAY_WHERE = 'say where it goes: --bind VARIABLE=SERVER,ORIGIN';
const MOST_BYTES = 1024 * 1024;

const WHY: Readonly<Record<LeftOver, string>> = {
  export_prefix: 'begins with export: take that away',
  interpolation: 'has $ or `, which programs read in their own ways',
  quoting: 'has quotes, blanks, # or \\ that programs read in their own ways',
  multi_line: 'goes over several lines',
  not_an_assignment: 'is no NAME=value',
  empty: 'has no value',
  control_characters: 'has control characters',
  twice: 'stands there twice',
};

/** What would be put, and which version of its name that would replace. */
type Wanted = Guess & { readonly place: Place; readonly replaces?: number };

/** What of the file would be put, and what not. */
type Plan = {
  readonly would: readonly Wanted[];
  readonly unbound: readonly Guess[];
  readonly settings: readonly { readonly line: number; readonly name: string }[];
  readonly left: readonly LeftLine[];
};

/** `ioi wallet secret import FILE [--dry-run]` */
export const secretImport: Command = async (context, [file = ''], options) => {
  const vault = vaultOf(context);
  const plan = planOf(context, textIn(file), options, await vault.items());
  const isDry = flagOption(options, 'dryRun');
  const { would } = plan;
  if (isDry || would.length === 0) {
    context.output.say(planLines(plan), planTold(plan));
    return undefined;
  }
  for (const line of planLines(plan)) context.output.note(line);
  await agree(context, options, would.length);
  const passphrase = await ownerPassphrase(context, options);
  const done: string[] = [];
  for (const { place, lines: _, replaces: __, ...given } of would) {
    try {
      await vault.put({ ...given, ...place }, passphrase);
    } catch (fault) {
      throw stoppedAt(fault, given.name, done);
    }
    done.push(given.name);
  }
  const lines = done.map((name) => `${name} is set`);
  lines.push(`${visible(file)} was left as it is; its values still stand in it. To remove it:`);
  lines.push(`  rm ${visible(quoted(file))}`);
  context.output.say(lines, { ...planTold(plan), set: done, file_left: file });
  return undefined;
};

function planOf(
  context: Context,
  text: string,
  options: Options,
  there: readonly SecretItem[],
): Plan {
  const { taken, left } = readDotenv(text);
  const only = listOption(options, 'only');
  const wanted = only.length === 0 ? taken : taken.filter(({ name }) => only.includes(name));
  const { secrets, settings } = guessSecrets(wanted, placesOf(context, options));
  const would = secrets.flatMap(({ place, ...each }): Wanted[] => {
    const replaces = there.find(({ name }) => name === each.name)?.version;
    if (place === undefined) return [];
    return [{ ...each, place, ...(replaces === undefined ? {} : { replaces }) }];
  });
  const unbound = secrets.filter(({ place }) => place === undefined);
  return { would, unbound, settings, left };
}

/** Where the owner says each goes; else the server of node.json whose credential has that name. */
function placesOf({ home }: Context, options: Options): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const { credential, server, url } of edgeTargets(home).targets) {
    const origin = URL.parse(url)?.origin;
    const variable = credential.toUpperCase().replaceAll('-', '_');
    if (origin !== undefined) places.set(variable, { server, origin });
  }
  for (const text of listOption(options, 'bind')) {
    const [, variable, server, origin] = /^([^=]+)=([^,]+),(.+)$/.exec(text) ?? [];
    if (variable === undefined || server === undefined || origin === undefined) {
      throw usageFault(`--bind takes VARIABLE=SERVER,ORIGIN, not ${text}`);
    }
    places.set(variable, { server, origin });
  }
  return places;
}

function planLines({ would, unbound, settings, left }: Plan): string[] {
  const from = (lines: readonly number[]): string => `line ${lines.join(', ')}`;
  return [
    ...would.map(({ name, kind, place, lines, header, replaces }) => {
      const how = header === undefined ? kind : `${kind} ${header}`;
      const to = `${visible(place.origin)} for ${visible(place.server)}`;
      const instead = replaces === undefined ? '' : `; replaces version ${replaces}`;
      return `${from(lines)}: ${name}, ${how}, sent to ${to}${instead}`;
    }),
    ...unbound.map(({ name, kind, lines }) => {
      return `${from(lines)}: ${name}, ${kind}: not taken; ${SAY_WHERE}`;
    }),
    ...settings.map(({ line, name }) => `line ${line}: ${name}: not taken, no secret by its name`),
    ...left.map(({ line, name, why }) => {
      return `line ${line}: ${name === undefined ? '' : `${name} `}not taken, ${WHY[why]}`;
    }),
  ];
}

function planTold({ would, unbound, settings, left }: Plan): object {
  const told = ({ secret: _, ...about }: Guess): object => about;
  return {
    would: would.map(told),
    unbound: unbound.map(told),
    settings: settings.map(({ line, name }) => ({ line, name })),
    left,
  };
}

async function agree({ output }: Context, options: Options, count: number): Promise<void> {
  if (flagOption(options, 'accept')) return;
  if (!output.canAsk) throw usageFault('nobody is there to be asked', 'the same with --accept');
  if (await askYes(`put these ${count} into the vault?`)) return;
  const message = 'nothing was put into the vault';
  throw new CommandFault({ exit: 'authority', code: 'prompt.cancelled', message });
}

function stoppedAt(fault: unknown, name: string, done: readonly string[]): CommandFault {
  if (!(fault instanceof CommandFault)) throw fault;
  const lines = done.map((each) => `${each} is set`);
  return new CommandFault({ ...fault.about, message: `${name}: ${fault.about.message}`, lines });
}

function textIn(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MOST_BYTES) throw usageFault(`${file} is too large for a .env file`);
    return bytes.toString('utf8');
  } catch (fault) {
    if (fault instanceof CommandFault) throw fault;
    throw usageFault(`${file} cannot be read: ${messageOf(fault)}`);
  }
}
