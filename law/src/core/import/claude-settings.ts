import { canonicalDomain } from '../policy/host.ts';
import { domainScopes } from './domains.ts';
import type { JsonSource } from './json-source.ts';
import { commandScopes, guardedNames, guardedPaths, pathScopes } from './paths.ts';
import { serverScopes, serverTargets } from './servers.ts';
import {
  EVERYTHING,
  FETCHING,
  READING,
  RUNNING,
  type Said,
  type SourceFile,
  told,
  untold,
  WRITING,
} from './statement.ts';

/** What Claude Code's own sandbox keeps from commands; what it lets them do is not allowed here. */
export function readSandbox(json: JsonSource, source: SourceFile): Said[] {
  const denied = (list: string, targets: readonly string[]): Said[] =>
    json.entries(['sandbox', 'filesystem', list]).map(({ value, place }) => {
      const entry = { decision: 'deny', place } as const;
      const all = [...targets, ...RUNNING];
      if (typeof value !== 'string') return untold(entry, all, 'it is no text');
      const paths = sandboxPaths(value, source);
      const names = guardedNames(value, source);
      if (paths === undefined || names === undefined) return untold(entry, all, 'it is no path');
      const isAsked = targets === WRITING;
      const running = commandScopes(names).map((each) => ({ ...each, isAsked }));
      return told(entry, [...pathScopes(targets, paths), ...running]);
    });
  const domains = json.entries(['sandbox', 'network', 'deniedDomains']);
  return [
    ...denied('denyRead', [...READING, ...WRITING]),
    ...denied('denyWrite', WRITING),
    ...domains.map(({ value, place }): Said => {
      const entry = { decision: 'deny', place } as const;
      const domain = typeof value === 'string' ? canonicalDomain(value) : undefined;
      const all = [...FETCHING, ...RUNNING];
      return domain === undefined
        ? untold(entry, all, 'it is no domain')
        : told(entry, domainScopes(domain, false));
    }),
  ];
}

/** Versions differ on whether `/x` starts at the root or at the project: both are kept. */
function sandboxPaths(text: string, source: SourceFile): readonly string[] | undefined {
  const isEither = text.startsWith('/') && !text.startsWith('//');
  const paths = [text, ...(isEither ? [`/${text}`] : [])].map((each) => guardedPaths(each, source));
  return paths.some((each) => each === undefined) ? undefined : paths.flatMap((each) => each ?? []);
}

const NOT_ALLOWED = 'it lets more through inside a sandbox that is not there here';

/** Settings that are no rules of a call; each is named where it is set. */
const SETTINGS: readonly (readonly [path: string, reason: string])[] = [
  ['permissions.additionalDirectories', 'folders are allowed by rules here'],
  ['permissions.defaultMode', 'a mode is no rule; what no rule allows is asked for or denied'],
  ['sandbox.autoAllowBashIfSandboxed', NOT_ALLOWED],
  ['sandbox.excludedCommands', NOT_ALLOWED],
  ['sandbox.filesystem.allowRead', NOT_ALLOWED],
  ['sandbox.filesystem.allowWrite', NOT_ALLOWED],
  ['sandbox.network.allowedDomains', NOT_ALLOWED],
  ['sandbox.network.allowAllUnixSockets', NOT_ALLOWED],
  ['sandbox.network.allowUnixSockets', NOT_ALLOWED],
];

/** Settings that may refuse calls in ways that no rule says. */
const REFUSING: readonly (readonly [path: string, reason: string])[] = [
  ['hooks.PreToolUse', 'a hook may refuse any call'],
  ['hooks.PermissionRequest', 'a hook may refuse any call'],
  ['allowManagedPermissionRulesOnly', 'what other files allow counts for nothing'],
  ['allowManagedMcpServersOnly', 'servers that other files allow are none'],
  ['deniedMcpServers', 'servers are denied by what they are, not by name'],
  ['allowedMcpServers', 'servers are allowed by what they are, not by name'],
];

export function readOtherSettings(json: JsonSource): Said[] {
  const disabled = json.entries(['disabledMcpjsonServers']).map(({ value, place }): Said => {
    const entry = { decision: 'deny', place } as const;
    const targets = typeof value === 'string' ? serverTargets(value, '*') : undefined;
    if (targets === undefined) return untold(entry, EVERYTHING, 'it is no name of a server');
    return told(entry, serverScopes(targets, false));
  });
  const named = (list: typeof SETTINGS, decision: 'deny' | 'setting'): Said[] =>
    list.flatMap(([path, reason]) => {
      const names = path.split('.');
      // What is switched off says nothing.
      if (json.at(names) === undefined || json.at(names) === false) return [];
      const entry = { decision, place: json.place(names) };
      return [untold(entry, decision === 'deny' ? EVERYTHING : [], reason)];
    });
  return [...disabled, ...named(SETTINGS, 'setting'), ...named(REFUSING, 'deny')];
}
