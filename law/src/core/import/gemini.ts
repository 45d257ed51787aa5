import { readGeminiPolicy } from './gemini-policy.ts';
import { BUILT_IN, geminiTargets, readGeminiTool } from './gemini-tools.ts';
import { isObject, JsonSource } from './json-source.ts';
import { serverScopes, serverTargets } from './servers.ts';
import {
  ANYTHING,
  EVERYTHING,
  onEach,
  READING,
  readingOf,
  type Said,
  type SourceFile,
  type SourceReading,
  type Statement,
  told,
  unreadable,
  untold,
  WRITING,
} from './statement.ts';

/** Gemini CLI: `settings.json`, with its older names, or a policy in TOML. */
export function readGemini(source: SourceFile): SourceReading {
  if (source.file.endsWith('.toml')) return readGeminiPolicy(source);
  const json = JsonSource.read(source.file, source.text);
  if (json === undefined) return unreadable(source, 'it is no JSON object that can be trusted');
  const said = [
    ...readList(json, 'allow', [['tools', 'allowed'], ['allowedTools']]),
    ...readList(json, 'deny', [['tools', 'exclude'], ['excludeTools']]),
    ...[['tools', 'core'], ['coreTools']].flatMap((names) => readCore(json, names)),
    ...readServers(json),
    ...readSettings(json),
  ];
  return readingOf(said);
}

function readList(
  json: JsonSource,
  decision: 'allow' | 'deny',
  lists: readonly (readonly string[])[],
): Said[] {
  return lists
    .flatMap((names) => json.entries(names))
    .map(({ value, place }) => readGeminiTool({ decision, place }, value));
}

/** A list of the only tools there are: the other targets of built-in tools are denied. */
function readCore(json: JsonSource, names: readonly string[]): Said[] {
  if (json.at(names) === undefined) return [];
  const entry = { decision: 'deny', place: json.place(names) } as const;
  const listed = json.entries(names).map(({ value }) => value);
  const left = new Set(listed.flatMap((each) => geminiTargets(String(each).split('(')[0] ?? '')));
  const denied = BUILT_IN.filter((each) => !left.has(each));
  const isPart = listed.some((each) => typeof each !== 'string' || each.includes('('));
  return [
    ...(denied.length > 0 ? [told(entry, onEach(denied, ANYTHING))] : []),
    ...(isPart ? [untold(entry, BUILT_IN, 'a list of all that is left cannot be said')] : []),
  ];
}

function readServers(json: JsonSource): Said[] {
  const servers = json.at(['mcpServers']);
  const excluded = json.entries(['mcp', 'excluded']).map(({ value, place }): Said => {
    return serverTool({ decision: 'deny', place }, String(value), '*');
  });
  const onlySome = json.at(['mcp', 'allowed']);
  const others: Said[] =
    onlySome === undefined
      ? []
      : [
          untold(
            { decision: 'deny', place: json.place(['mcp', 'allowed']) },
            ['mcp::*', ...READING, ...WRITING],
            'a list of all servers that are left cannot be said',
          ),
        ];
  const named = isObject(servers) ? Object.keys(servers) : [];
  return [...excluded, ...others, ...named.flatMap((name) => readServer(json, name))];
}

function readServer(json: JsonSource, server: string): Said[] {
  const names = ['mcpServers', server];
  const trusted = json.at([...names, 'trust']) === true;
  const trust = { decision: 'allow', place: json.place([...names, 'trust']) } as const;
  const only = [...names, 'includeTools'];
  const allTargets = serverTargets(server, '*') ?? EVERYTHING;
  const list = { decision: 'deny', place: json.place(only) } as const;
  return [
    ...(trusted ? [serverTool(trust, server, '*')] : []),
    ...json
      .entries([...names, 'excludeTools'])
      .map(({ value, place }) => serverTool({ decision: 'deny', place }, server, String(value))),
    ...(json.at(only) === undefined
      ? []
      : [untold(list, allTargets, 'a list of all that is left cannot be said')]),
  ];
}

function serverTool(
  entry: { readonly decision: 'allow' | 'deny'; readonly place: Statement['place'] },
  server: string,
  tool: string,
): Said {
  const targets = serverTargets(server, tool);
  if (targets === undefined) return untold(entry, EVERYTHING, 'no target is that tool');
  return told(entry, serverScopes(targets, entry.decision === 'allow'));
}

const SETTINGS: readonly (readonly [path: string, reason: string])[] = [
  ['tools.sandbox', 'what bounds commands there is a sandbox that is not there here'],
  ['tools.autoAccept', 'which calls are safe is said by rules here'],
  ['autoAccept', 'which calls are safe is said by rules here'],
  ['general.defaultApprovalMode', 'a mode is no rule'],
  ['security.folderTrust', 'trust in a folder allows nothing here'],
];

/** Settings under which calls are refused in ways that no rule says. */
const REFUSING = [
  'admin',
  'hooks.BeforeTool',
  'policyPaths',
  'adminPolicyPaths',
  'tools.discoveryCommand',
];

function readSettings(json: JsonSource): Said[] {
  const settings = SETTINGS.flatMap(([path, reason]): Said[] => {
    const names = path.split('.');
    if (json.at(names) === undefined) return [];
    return [untold({ decision: 'setting', place: json.place(names) }, [], reason)];
  });
  const refusing = REFUSING.flatMap((path): Said[] => {
    const names = path.split('.');
    if (json.at(names) === undefined) return [];
    const place = json.place(names);
    return [untold({ decision: 'deny', place }, EVERYTHING, 'it may refuse any call')];
  });
  return [...settings, ...refusing];
}
