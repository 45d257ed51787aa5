import { MODEL_SERVER, WEB_SERVER } from '@ioi/law';
import { tabbed, table } from '../../core/columns.ts';
import { readTimeSpan } from '../../core/time-span.ts';
import { visible } from '../../core/visible.ts';
import { type Command, countOption, type Options, textOption } from '../../shell/context.ts';
import { CommandFault, usageFault } from '../../shell/fault.ts';
import { NodeConfigEditor } from '../../shell/node-config.ts';
import { timeText } from '../../shell/time.ts';
import {
  KINDS,
  type SecretFacts,
  type SecretGiven,
  type SecretItem,
  type SecretUse,
  type VaultApi,
} from '../../shell/vault-api.ts';
import { allUses, vaultOf } from '../../shell/vault-of.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';
import { secretText } from './secret-value.ts';

const COLUMNS = [
  { title: 'NAME', most: 64 },
  { title: 'KIND', most: 72 },
  { title: 'VERSION', most: 8 },
  { title: 'FOR', most: 64 },
  { title: 'SENT TO', most: 200 },
  { title: 'EXPIRES', most: 20 },
] as const;

/** `ioi wallet secret set NAME --kind KIND --server SERVER --origin ORIGIN` */
export const secretSet: Command = async (context, [name = ''], options) => {
  const kind = KINDS.find((each) => each === textOption(options, 'kind'));
  if (kind === undefined) throw usageFault(`--kind is one of ${KINDS.join(', ')}`);
  const server = needed(options, 'server');
  const origin = needed(options, 'origin');
  const given = { name, kind, server, origin, ...factsIn(options), ...spansIn(options) };
  context.output.note(`${name}: sent to ${origin} alone, for ${server}`);
  const secret = await secretText(kind, context, options);
  const passphrase = await ownerPassphrase(context, options);
  const { item } = await vaultOf(context).put({ ...given, secret }, passphrase);
  // Nobody else puts it in; the node starts again with an edge where it had none.
  if ([MODEL_SERVER, WEB_SERVER].includes(server))
    new NodeConfigEditor(context.home).allowRunCredentials();
  context.output.say([`${item.name} is set, version ${item.version}`, ...factLines(item)], item);
  return undefined;
};

/** `ioi wallet secret rotate NAME`: where it goes and what kind it is stay. */
export const secretRotate: Command = async (context, [name = ''], options) => {
  const vault = vaultOf(context);
  const { kind, bound_to: place, ...item } = await found(vault, name);
  if (kind === 'oauth') throw usageFault(`${name} is a grant`, `ioi mcp login ${place.server}`);
  const { header, algorithm, region, service } = item;
  const kept = present({ header, algorithm, region, service });
  const secret = await secretText(kind, context, options);
  const passphrase = await ownerPassphrase(context, options);
  const given: SecretGiven = { name, kind, ...place, ...kept, ...spansIn(options), secret };
  const { item: now } = await vault.put(given, passphrase);
  const lines = [`${now.name} is version ${now.version}`, ...factLines(now)];
  context.output.say([...lines, `before: ioi wallet secret history ${now.name}`], now);
  return undefined;
};

/** `ioi wallet secret list` */
export const secretList: Command = async (context) => {
  const items = await vaultOf(context).items();
  const rows = items.map((item) => [
    item.name,
    item.kind,
    String(item.version),
    item.bound_to.server,
    item.bound_to.origin,
    item.expires_at === undefined ? '' : timeText(item.expires_at),
  ]);
  context.output.say(context.output.plain ? tabbed(rows) : table(COLUMNS, rows), { items });
  return undefined;
};

/** `ioi wallet secret show NAME` */
export const secretShow: Command = async (context, [name = '']) => {
  const vault = vaultOf(context);
  const item = await found(vault, name);
  const uses = (await allUses(vault, 0)).filter((use) => use.name === name);
  const { kind, version, bound_to: to } = item;
  const lines = [
    `${visible(name)}: ${kind}, version ${version}`,
    `  sent to ${visible(to.origin)} alone, for ${visible(to.server)}`,
    ...factLines(item),
    ...uses.slice(-SHOWN_USES).map((use) => `  ${useCells(use).join('  ')}`),
  ];
  context.output.say(lines, { item, uses });
  return undefined;
};

/** `ioi wallet secret history NAME` */
export const secretHistory: Command = async (context, [name = '']) => {
  const versions = await vaultOf(context).history(name);
  if (versions.length === 0) throw unknown(name);
  const lines = versions.map(({ item, made_at: made, shred_at: shred }) => {
    const end = shred === undefined ? 'in use' : `shredded after ${timeText(shred)}`;
    return `version ${item.version}  made ${timeText(made)}  ${end}`;
  });
  context.output.say(lines, { versions });
  return undefined;
};

/** `ioi wallet secret restore NAME VERSION` */
export const secretRestore: Command = async (context, [name = '', version = ''], options) => {
  if (!/^[1-9][0-9]{0,9}$/.test(version)) throw usageFault(`${version} is no version`);
  const passphrase = await ownerPassphrase(context, options);
  const { item } = await vaultOf(context).revive(name, Number(version), passphrase);
  context.output.say([`version ${version} of ${item.name} is version ${item.version} now`], item);
  return undefined;
};

/** `ioi wallet secret remove NAME` */
export const secretRemove: Command = async (context, [name = ''], options) => {
  const passphrase = await ownerPassphrase(context, options);
  const { item } = await vaultOf(context).remove(name, passphrase);
  context.output.say([`forgot ${visible(item.name)}; what was sent with it is cut off`], item);
  return undefined;
};

/** `ioi wallet secret uses [--after NUMBER]` */
export const secretUses: Command = async (context, _args, options) => {
  const uses = await allUses(vaultOf(context), countOption(options, 'after', 0));
  const rows = uses.map(useCells);
  const lines = context.output.plain ? tabbed(rows) : rows.map((row) => row.join('  ').trimEnd());
  context.output.say(lines, { uses });
  return undefined;
};

const SHOWN_USES = 10;

function useCells({ number, at, act, name, version, operation, unlocker }: SecretUse): string[] {
  const of = name === undefined ? (unlocker ?? '') : `${name} v${version}`;
  return [String(number), timeText(at), act, visible(of), operation ?? ''];
}

function factsIn(options: Options): SecretFacts {
  const header = textOption(options, 'header')?.toLowerCase();
  const algorithm = textOption(options, 'algorithm') as SecretFacts['algorithm'];
  const region = textOption(options, 'region');
  const service = textOption(options, 'service');
  return present({ header, algorithm, region, service });
}

/** When it expires, and how long the version before it is kept. */
function spansIn(options: Options): Pick<SecretGiven, 'expires_at' | 'keep_ms'> {
  const expires = spanIn(options, 'expires');
  const keep = spanIn(options, 'keep');
  return present({
    expires_at: expires === undefined ? undefined : String(BigInt(Date.now()) + expires),
    keep_ms: keep === undefined ? undefined : String(keep),
  });
}

function spanIn(options: Options, name: 'expires' | 'keep'): bigint | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const span = readTimeSpan(text);
  if (span === undefined) throw usageFault(`--${name} takes a time such as 90d, not ${text}`);
  return span;
}

/** Without the fields that are not there. */
function present<T extends object>(given: T): { [Name in keyof T]: NonNullable<T[Name]> } {
  const fields = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as { [Name in keyof T]: NonNullable<T[Name]> };
}

function factLines(item: SecretItem): string[] {
  const { header, algorithm, region, service, public_key, fingerprint, address } = item;
  const facts = { header, algorithm, region, service, public_key, fingerprint, address };
  const lines = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.replaceAll('_', ' ')}: ${visible(value)}`],
  );
  if (item.expires_at === undefined) return lines;
  return [...lines, `  expires: ${timeText(item.expires_at)} UTC`];
}

async function found(vault: VaultApi, name: string): Promise<SecretItem> {
  const item = (await vault.items()).find((each) => each.name === name);
  if (item === undefined) throw unknown(name);
  return item;
}

function unknown(name: string): CommandFault {
  const message = `there is no secret named ${name}`;
  const next = 'ioi wallet secret list';
  return new CommandFault({ exit: 'usage', code: 'credential.missing', message, next });
}

function needed(options: Options, name: string): string {
  const value = textOption(options, name);
  if (value === undefined) throw usageFault(`--${name} is needed`, 'ioi wallet secret set --help');
  return value;
}
