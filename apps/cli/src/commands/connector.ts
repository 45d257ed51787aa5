import { secureUrl, sshOrigin } from '@ioi/basis';
import type { ConnectorManifest, ServerStatus } from '@ioi/protocol';
import type { ServerEntry } from '../core/mcp-servers.ts';
import { visible } from '../core/visible.ts';
import { type ConnectorSource, connectorSource } from '../shell/connector-source.ts';
import { type Command, type Context, needNode, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { NodeConfigEditor } from '../shell/node-config.ts';
import { sshSource } from '../shell/ssh-source.ts';
import { VaultApi } from '../shell/vault-api.ts';
import { changeServers } from './mcp/mount.ts';

type Connector = {
  readonly manifest: ConnectorManifest;
  readonly version: string;
  readonly tools: readonly { readonly name: string; readonly description?: string }[];
};

type Entry = ServerEntry & { readonly connector: Connector };

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
/** What the vault calls what a manifest asks for. */
const KINDS: Readonly<Record<string, string>> = { oauth2: 'oauth' };

/** `ioi connector add FILE|URL --secret NAME` */
export const connectorAdd: Command = async (context, [place = ''], options) => {
  needNode(context.home);
  const secret = textOption(options, 'secret') ?? '';
  if (!NAME.test(secret)) throw usageFault('--secret is a name like my-token, never the secret');
  const source = /^ssh:/.test(place)
    ? sshSource(place, options, context.environment)
    : await connectorSource(place, textOption(options, 'auth') ?? 'bearer');
  const name = textOption(options, 'name') ?? source.name;
  if (!NAME.test(name)) throw usageFault(`--name is like my-api, not ${visible(name)}`);
  const { tools, leftOut, version, serverUrl } = source.read;
  const url = placeOf(source, textOption(options, 'server') ?? serverUrl ?? '');
  if (url === undefined) {
    const said = serverUrl === undefined ? 'does not say where' : `says ${visible(serverUrl)}`;
    throw usageFault(`the document ${said}; an API is at https, or on this machine: --server URL`);
  }
  for (const { operation, code, why } of leftOut) {
    context.output.note(visible(`left out: ${operation}: ${code}: ${why}`));
  }
  if (tools.length === 0) {
    const message = `nothing of ${place} can be offered`;
    throw new CommandFault({ exit: 'usage', code: 'connector.empty', message });
  }
  const connector = { manifest: source.manifest, version, tools };
  const entry = { name, url: url.href, credential: secret, connector };
  const editor = new NodeConfigEditor(context.home);
  if (editor.servers.some((each) => each.name === name)) {
    throw usageFault(`${name} is there already`, `ioi connector remove ${name}`);
  }
  const servers = await changeServers(editor, [...editor.servers, entry], context);
  const lines = [`${name}: ${tools.length} tools, sent to ${url.origin} with ${secret}`];
  if (servers === undefined) lines.push('written to node.json; the node is not up: ioi up');
  const added = { name, url: url.href, secret, tools: tools.map((each) => each.name), leftOut };
  context.output.say(lines, added);
  context.output.note(
    `next: put the secret ${secret} for ${name}, then ioi connector test ${name}`,
  );
  context.output.note(`and: ioi policy draft ${name}, then ioi policy activate FILE`);
  return undefined;
};

/** Where it is reached, in its one spelling. */
function placeOf({ manifest }: ConnectorSource, text: string) {
  if (manifest.interface.type !== 'ssh') return secureUrl(text);
  const place = sshOrigin(text);
  return place && { href: place.origin, origin: place.origin };
}

/** `ioi connector list` */
export const connectorList: Command = async ({ home, output }) => {
  needNode(home);
  const found = connectorsIn(new NodeConfigEditor(home));
  const lines = found.map(({ name, url = '', credential = '', connector }) =>
    visible(`${name}  ${connector.tools.length} tools  ${url}  with ${credential}`),
  );
  const connectors = found.map(({ connector: { tools, ...about }, ...entry }) => ({
    ...entry,
    ...about,
    tools: tools.map(({ name }) => name),
  }));
  output.say(lines.length > 0 ? lines : ['no connectors; ioi connector add FILE'], { connectors });
  return undefined;
};

/** `ioi connector show NAME` */
export const connectorShow: Command = async ({ home, output }, [name = '']) => {
  needNode(home);
  const entry = connectorNamed(new NodeConfigEditor(home), name);
  const { connector, url, credential } = entry;
  const { connector_id: id, auth_requirement: auth, policy_defaults: bounds } = connector.manifest;
  const lines = [
    `${name}  ${id}  version ${connector.version}`,
    `sent to  ${url} with ${credential} (${auth.type})`,
    ...(bounds === undefined ? [] : [`bounds   ${JSON.stringify(bounds)}`]),
    ...connector.tools.map((tool) => `  ${tool.name}  ${(tool.description ?? '').slice(0, 80)}`),
  ];
  output.say(lines.map(visible), entry);
  return undefined;
};

/** `ioi connector test NAME`: everything but the request itself. */
export const connectorTest: Command = async (context, [name = '']) => {
  const { home, daemon, output } = context;
  needNode(home);
  const entry = connectorNamed(new NodeConfigEditor(home), name);
  const { servers } = await daemon.mcp();
  const mounted = servers.find((each) => each.name === name);
  const wrong = [...wrongInMount(mounted), ...(await wrongInSecret(entry, context))];
  const blocked = mounted?.tools.filter(({ code }) => code !== undefined) ?? [];
  for (const { name: tool, code } of blocked) wrong.push(`${tool} is blocked: ${code}`);
  const lines = wrong.length === 0 ? [`${name} can be used`] : wrong;
  output.say(lines.map(visible), { name, ready: wrong.length === 0, wrong });
  return wrong.length === 0 ? undefined : 'unexpected';
};

/** `ioi connector remove NAME`; its secret stays in the vault. */
export const connectorRemove: Command = async (context, [name = '']) => {
  needNode(context.home);
  const editor = new NodeConfigEditor(context.home);
  const removed = connectorNamed(editor, name);
  const rest = editor.servers.filter((each) => each !== removed);
  await changeServers(editor, rest, context);
  const { credential } = removed;
  const lines = [`removed ${name}; its secret ${credential ?? ''} stays in the vault`];
  context.output.say(lines.map(visible), { removed: name, secret: credential });
  return undefined;
};

function connectorsIn(editor: NodeConfigEditor): readonly Entry[] {
  return editor.servers.filter((each): each is Entry => each.connector !== undefined);
}

function connectorNamed(editor: NodeConfigEditor, name: string): Entry {
  const all = connectorsIn(editor);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const known = all.map((each) => each.name).join(', ') || 'none';
  const message = `no connector ${visible(name)} stands in node.json; there are: ${known}`;
  const next = 'ioi connector list';
  throw new CommandFault({ exit: 'usage', code: 'connector.unknown', message, next });
}

function wrongInMount(mounted: ServerStatus | undefined): string[] {
  if (mounted === undefined) return ['the node does not know it yet: ioi down, then ioi up'];
  return mounted.state === 'ready' ? [] : [`it is not ready: ${mounted.detail ?? mounted.state}`];
}

async function wrongInSecret(entry: Entry, { home }: Context): Promise<string[]> {
  const { name, url = '', credential, connector } = entry;
  const items = await new VaultApi(findSockets(home)).items();
  const item = items.find((each) => each.name === credential);
  const { type } = connector.manifest.auth_requirement;
  const kind = KINDS[type] ?? type;
  const isChain = kind === 'evm_key';
  const origin = sshOrigin(url)?.origin ?? URL.parse(url)?.origin;
  const place = `--server ${name} --origin ${isChain ? 'evm:CHAIN' : origin}`;
  const put = `ioi wallet secret set ${credential} --kind ${kind} ${place}`;
  if (item === undefined) return [`there is no secret ${credential}; next: ${put}`];
  const isBound = item.bound_to.server === name && (isChain || item.bound_to.origin === origin);
  return [
    ...(item.kind === kind ? [] : [`${credential} is a ${item.kind}, and ${name} wants a ${kind}`]),
    ...(isBound ? [] : [`${credential} is for ${item.bound_to.server} at ${item.bound_to.origin}`]),
  ];
}
