import { readCodexRules } from './codex-rules.ts';
import { allowedPath, pathScopes } from './paths.ts';
import { serverScopes, serverTargets } from './servers.ts';
import {
  ANYTHING,
  EVERYTHING,
  onEach,
  READING,
  readingOf,
  type Said,
  type Scope,
  type SourceFile,
  type SourceReading,
  told,
  type Untranslated,
  unreadable,
  untold,
  WRITING,
} from './statement.ts';
import { TomlSource } from './toml-source.ts';

/** OpenAI Codex: `config.toml`, or a file of rules for commands. */
export function readCodex(source: SourceFile): SourceReading {
  if (source.file.endsWith('.rules')) return readCodexRules(source);
  if (ENFORCED.some((name) => source.file.endsWith(name))) {
    return unreadable(source, 'what it enforces is not read');
  }
  const toml = TomlSource.of(source);
  if (toml === undefined) return unreadable(source, 'it is no TOML');
  const said = [
    ...readSandbox(toml, source),
    ...readAsking(toml),
    ...readServers(toml),
    ...readSettings(toml),
  ];
  return readingOf(said, toml.at(['approval_policy']) !== 'never');
}

/** Files by which a machine bounds what every other file may say. */
const ENFORCED = ['requirements.toml', 'managed_config.toml'];

/** In these folders of a place that may be written, Codex writes nothing unasked. */
const KEPT = ['.git', '.codex', '.agents'];

/**
 * A sandbox mode as rules of file tools. Commands are asked for: what bounds them there is a
 * sandbox that is not there here. Reading is allowed in the same folders, not everywhere.
 */
function readSandbox(toml: TomlSource, source: SourceFile): Said[] {
  const mode = toml.at(['sandbox_mode']);
  if (mode === undefined) return [];
  const place = toml.placeOf('sandbox_mode');
  if (mode !== 'read-only' && mode !== 'workspace-write') {
    return [untold({ decision: 'setting', place }, [], 'nothing is allowed everywhere here')];
  }
  const note = 'commands are asked for, and reading is allowed in these folders alone';
  const project = pathScopes(READING, [source.project]);
  if (mode === 'read-only') {
    // Whichever file counts there, nothing another one lets write is written unasked.
    const writing = told({ decision: 'ask', place }, onEach(WRITING, ANYTHING));
    return [told({ decision: 'allow', place }, project, note), writing];
  }
  const roots = readRoots(toml, source);
  const reading = [source.project, ...roots.folders].flatMap((root) => pathScopes(READING, [root]));
  const writing = [source.project, ...roots.folders].flatMap(writingIn);
  return [told({ decision: 'allow', place }, [...reading, ...writing], note), ...roots.untold];
}

/** Policies under which Codex edits files in a place that may be written without asking. */
const EDITING: readonly unknown[] = [undefined, 'on-request', 'on-failure', 'never'];

function readAsking(toml: TomlSource): Said[] {
  const projects = toml.at(['projects']);
  const folders = typeof projects === 'object' && projects !== null ? Object.keys(projects) : [];
  const isDoubted = folders.some((each) => {
    return toml.at(['projects', each, 'trust_level']) === 'untrusted';
  });
  const isAsked = !EDITING.includes(toml.at(['approval_policy']));
  if (!isDoubted && !isAsked) return [];
  const place = toml.placeOf(isAsked ? 'approval_policy' : '[projects');
  return [told({ decision: 'ask', place }, onEach(WRITING, ANYTHING), 'edits are asked for')];
}

function writingIn(root: string): Scope[] {
  const kept = KEPT.map((name) => `${root}/${name}`);
  const asked = pathScopes(WRITING, kept).map((each) => ({ ...each, isAsked: true }));
  return [...pathScopes(WRITING, [root]), ...asked];
}

function readRoots(
  toml: TomlSource,
  source: SourceFile,
): { readonly folders: readonly string[]; readonly untold: readonly Untranslated[] } {
  const list = toml.at(['sandbox_workspace_write', 'writable_roots']);
  const given: readonly unknown[] = Array.isArray(list) ? list : list === undefined ? [] : [list];
  const place = toml.placeOf('writable_roots');
  const folders: string[] = [];
  const missed: Untranslated[] = [];
  for (const each of given) {
    const isPlain = typeof each === 'string' && /^(?:\/|~\/)[^*]*$/.test(each);
    const text = isPlain && each.startsWith('/') ? `/${each}` : each;
    const path = isPlain ? allowedPath(String(text), source) : undefined;
    if (path !== undefined && path !== '/') folders.push(path);
    else
      missed.push(untold({ decision: 'allow', place }, WRITING, 'it is no folder below the root'));
  }
  return { folders, untold: missed };
}

/** `[mcp_servers.NAME]`: what is switched off is denied. */
function readServers(toml: TomlSource): Said[] {
  const servers = toml.at(['mcp_servers']);
  if (typeof servers !== 'object' || servers === null) return [];
  return Object.keys(servers).flatMap((name): Said[] => {
    const place = toml.placeOf(`[mcp_servers.${name}]`);
    const deny = { decision: 'deny', place } as const;
    const at = (setting: string): unknown => toml.at(['mcp_servers', name, setting]);
    const off = at('disabled_tools');
    const tools = at('enabled') === false ? ['*'] : Array.isArray(off) ? off : [];
    const said = tools.map((tool): Said => {
      const targets = typeof tool === 'string' ? serverTargets(name, tool) : undefined;
      if (targets === undefined) return untold(deny, EVERYTHING, 'no target is that tool');
      return told(deny, serverScopes(targets, false));
    });
    const isListed = at('enabled_tools') !== undefined;
    const others = serverTargets(name, '*') ?? EVERYTHING;
    const denied = isListed
      ? [untold(deny, others, 'a list of all that is left cannot be said')]
      : [];
    const modes = ['default_tools_approval_mode', 'tools'].filter((each) => at(each) !== undefined);
    const asked = { decision: 'ask', place } as const;
    return [
      ...said,
      ...denied,
      ...modes.map((each) => untold(asked, others, `\`${each}\` is not read`)),
    ];
  });
}

const SETTINGS: readonly (readonly [name: string, reason: string])[] = [
  ['approval_policy', 'when to ask is said by rules here'],
  ['network_access', 'it is about commands in a sandbox that is not there here'],
  ['profiles', 'profiles are not read: import what one of them sets as a file of its own'],
  ['projects', 'trust in a folder allows nothing here'],
];

/** What takes the place of what the file says otherwise. */
const REFUSING: readonly (readonly [name: string, reason: string])[] = [
  ['permissions', 'profiles of permissions are not read'],
  ['profile', 'the profile that is in use is not read'],
];

function readSettings(toml: TomlSource): Said[] {
  const said = SETTINGS.flatMap(([name, reason]): Said[] => {
    const at = name === 'network_access' ? ['sandbox_workspace_write', name] : [name];
    if (toml.at(at) === undefined) return [];
    const place = toml.placeOf(name === 'profiles' || name === 'projects' ? `[${name}` : name);
    return [untold({ decision: 'setting', place }, [], reason)];
  });
  const refusing = REFUSING.flatMap(([name, reason]): Said[] => {
    if (toml.at([name]) === undefined) return [];
    const place = toml.placeOf(name === 'permissions' ? '[permissions' : `${name} `);
    return [untold({ decision: 'deny', place }, EVERYTHING, reason)];
  });
  return [...said, ...refusing];
}
