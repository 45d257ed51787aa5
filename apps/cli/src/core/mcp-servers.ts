/** An MCP server as node.json mounts it. */
export type ServerEntry = {
  readonly name: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly transport?: 'sse';
  readonly workspace_root?: string;
  /** What it needs of the machine: with one it runs in a sandbox. */
  readonly manifest?: {
    readonly paths: { readonly read: readonly string[]; readonly write: readonly string[] };
    readonly hosts: readonly string[];
    readonly placeholders: Readonly<Record<string, string>>;
  };
  /** What it is held to, as node.json says it. */
  readonly calls_max?: number;
  readonly calls_per_minute?: number;
  readonly answer_bytes?: number;
  readonly seconds?: number;
  readonly contracts?: readonly unknown[];
  readonly credential?: string;
  readonly connector?: unknown;
};

export type Imported = {
  readonly servers: readonly ServerEntry[];
  /** What could not be taken over, or needs a person, in words. */
  readonly notes: readonly string[];
};

/** Under what name each program keeps its MCP servers. */
const TABLES = ['mcpServers', 'mcp_servers', 'servers'];
const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|CREDENTIAL)/i;
const VARIABLE = /\$\{[^}]*\}|\$\(|%[A-Z_]+%/;

/** A name that node.json takes, nearest to what another program calls it; undefined: none is. */
export function serverName(given: string): string | undefined {
  const name = given
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64)
    .replace(/-+$/, '');
  return NAME.test(name) ? name : undefined;
}

/**
 * The MCP servers in a configuration of Claude (Desktop and Code), Cursor, Windsurf, Gemini CLI
 * (`mcpServers`), VS Code (`servers`) or Codex (`mcp_servers`).
 */
export function serversIn(configuration: unknown): Imported | undefined {
  if (!isObject(configuration)) return undefined;
  const table = TABLES.map((name) => configuration[name]).find(isObject);
  if (table === undefined) return undefined;
  const servers: ServerEntry[] = [];
  const notes: string[] = [];
  for (const [given, entry] of Object.entries(table)) {
    const name = serverName(given);
    if (name === undefined || !isObject(entry)) {
      notes.push(`${given} is left out: its name or entry cannot be read`);
    } else if (servers.some((each) => each.name === name)) {
      notes.push(`${given} is left out: another is called ${name} already`);
    } else {
      const read = readEntry(name, entry);
      if (read.server !== undefined) servers.push(read.server);
      notes.push(...read.notes);
    }
  }
  return { servers, notes };
}

type Read = { readonly server?: ServerEntry; readonly notes: readonly string[] };

function readEntry(name: string, entry: Record<string, unknown>): Read {
  const notes: string[] = [];
  if (entry['disabled'] === true || entry['enabled'] === false) {
    return { notes: [`${name} is left out: it is switched off`] };
  }
  const url = [entry['url'], entry['httpUrl'], entry['serverUrl']].find(isText);
  const variables = JSON.stringify([url, entry['command'], entry['args'], entry['env']]);
  if (VARIABLE.test(variables)) {
    return { notes: [`${name} is left out: it has variables that only its program fills in`] };
  }
  if (url !== undefined) {
    const headers = isObject(entry['headers']) ? Object.keys(entry['headers']) : [];
    if (headers.length > 0) {
      notes.push(`${name}: its headers (${headers.join(', ')}) are not taken over`);
      notes.push(`  next: ioi mcp secret set ${name}`);
    }
    const isSse = entry['type'] === 'sse' || entry['transport'] === 'sse';
    return { server: { name, url, ...(isSse ? { transport: 'sse' } : {}) }, notes };
  }
  const { command, args = [], env = {} } = entry;
  if (!isText(command) || !isTextList(args) || !isTextMap(env)) {
    return { notes: [`${name} is left out: it has neither a command nor a URL`] };
  }
  const secrets = Object.keys(env).filter((each) => SECRET_NAME.test(each));
  if (secrets.length > 0) {
    notes.push(`${name}: ${secrets.join(', ')} may hold secrets; they stand in node.json now`);
  }
  const folder = isText(entry['cwd']) ? { workspace_root: entry['cwd'] } : {};
  const environment = Object.keys(env).length > 0 ? { env } : {};
  return { server: { name, command, args, ...environment, ...folder }, notes };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
}
