import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { tabbed, table } from '../core/columns.ts';
import { visible } from '../core/visible.ts';
import type { Command, Context, Options } from '../shell/context.ts';
import { flagOption, needNode, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { readHidden } from '../shell/prompt.ts';
import type { ClientGiven, SecretItem, SecretPlace } from '../shell/vault-api.ts';
import { vaultOf } from '../shell/vault-of.ts';
import { ownerPassphrase } from '../shell/waiting.ts';
import { edgeTargets } from '../up/edge-targets.ts';

const COLUMNS = [
  { title: 'NAME', most: 64 },
  { title: 'KIND', most: 72 },
  { title: 'SERVER', most: 64 },
  { title: 'SENT TO', most: 200 },
  { title: 'GRANTED BY', most: 200 },
] as const;

/** `ioi mcp secret set SERVER [--bearer-stdin | --header NAME]`: it is never an argument. */
export const mcpSecretSet: Command = async (context, [server = ''], options) => {
  const place = placeOf(context, server);
  const header = textOption(options, 'header')?.toLowerCase();
  if (header !== undefined && flagOption(options, 'bearerStdin')) {
    throw usageFault('say --bearer-stdin or --header NAME, not both');
  }
  context.output.note(`${place.name}: sent to ${place.origin} alone, for ${server}`);
  const secret = await secretOf(context, flagOption(options, 'bearerStdin'));
  const passphrase = await ownerPassphrase(context, options);
  const about =
    header === undefined ? ({ kind: 'bearer' } as const) : ({ kind: 'header', header } as const);
  const { item } = await vaultOf(context).put({ ...place, ...about, secret }, passphrase);
  const lines = [`${item.name} is set`, ...(await nextLines(context, server))];
  context.output.say(lines, item);
  return undefined;
};

/** `ioi mcp secret list` */
export const mcpSecretList: Command = async (context) => {
  const items = await vaultOf(context).items();
  const rows = items.map(itemCells);
  context.output.say(context.output.plain ? tabbed(rows) : table(COLUMNS, rows), { items });
  return undefined;
};

/** `ioi mcp secret remove SERVER`, `ioi mcp logout SERVER` */
export const mcpForget: Command = async (context, [server = ''], options) => {
  const vault = vaultOf(context);
  const items = await vault.items();
  const found = items.find(({ bound_to: { server: bound } }) => bound === server);
  if (found === undefined) throw usageFault(`no secret is for ${server}`, 'ioi mcp secret list');
  const passphrase = await ownerPassphrase(context, options);
  const { item } = await vault.remove(found.name, passphrase);
  context.output.say([`forgot ${visible(item.name)}; what was sent with it is cut off`], item);
  return undefined;
};

/** `ioi mcp login SERVER`: a person goes to an address, and comes back with a grant. */
export const mcpLogin: Command = async (context, [server = ''], options) => {
  const place = placeOf(context, server);
  const client = clientOf(options);
  const vault = vaultOf(context);
  const passphrase = await ownerPassphrase(context, options);
  const { authorization_url: url } = await vault.login(place, client, passphrase);
  // Also under --json: without it nobody can go on.
  process.stderr.write(`open this address, and agree there:\n  ${visible(url)}\n`);
  if (flagOption(options, 'paste')) {
    await vault.finishLogin(server, await pasted());
  } else await vault.waitForLogin(server);
  const item = (await vault.items()).find(({ name }) => name === place.name);
  const issuer = item?.issuer === undefined ? '' : `, by ${visible(item.issuer)}`;
  const lines = [`logged in to ${server}${issuer}`, ...(await nextLines(context, server))];
  context.output.say(lines, { server, item });
  return undefined;
};

/** From node.json, which says where a server is; what was put goes there and nowhere else. */
function placeOf({ home }: Context, server: string): SecretPlace {
  needNode(home);
  const target = edgeTargets(home).targets.find((each) => each.server === server);
  const origin = URL.parse(target?.url ?? '')?.origin;
  if (target !== undefined && origin !== undefined) {
    return { name: target.credential, server, origin };
  }
  const next = `"credential": "NAME" beside its "url" in ${home.nodeConfig}`;
  throw usageFault(`no server named ${server} has a credential`, next);
}

async function secretOf({ output }: Context, isPiped: boolean): Promise<string> {
  if (!isPiped && output.canAsk) return readHidden('Secret: ');
  if (process.stdin.isTTY) throw usageFault('the secret is read from standard input');
  return lineFromInput();
}

function lineFromInput(): string {
  return readFileSync(0, 'utf8').replace(/\r?\n$/, '');
}

function clientOf(options: Options): ClientGiven | undefined {
  const id = textOption(options, 'clientId');
  const url = textOption(options, 'clientMetadataUrl');
  const hasSecret = flagOption(options, 'clientSecretStdin');
  if (hasSecret && id === undefined) throw usageFault('a client secret needs its --client-id');
  if (id === undefined && url === undefined) return undefined;
  return {
    ...(id === undefined ? {} : { client_id: id }),
    ...(hasSecret ? { client_secret: lineFromInput() } : {}),
    ...(url === undefined ? {} : { client_metadata_url: url }),
  };
}

async function pasted(): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question('the address you were sent back to: ');
  lines.close();
  return answer.trim();
}

function itemCells({ name, kind, header, bound_to: to, issuer = '' }: SecretItem): string[] {
  return [name, header === undefined ? kind : `header ${header}`, to.server, to.origin, issuer];
}

/** A server that was refused when it was asked last has to be asked again. */
async function nextLines({ daemon }: Context, server: string): Promise<string[]> {
  const { servers } = await daemon.status();
  const isReady = servers.some(({ name, state }) => name === server && state === 'ready');
  return isReady ? [] : [`next: ioi mcp test ${server}`];
}
