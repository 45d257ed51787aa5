import { readCommand } from './command-entry.ts';
import { ambiguousTargets, serverScopes, serverTargets } from './servers.ts';
import {
  ANYTHING,
  EVERYTHING,
  FETCHING,
  onEach,
  type Place,
  RUNNING,
  type SourceDecision,
  type Statement,
  told,
  type Untranslated,
  untold,
} from './statement.ts';

/** Built-in tools and the names of their classes, which settings may use as well. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  EditTool: ['fs::write'],
  GlobTool: ['fs::search'],
  GrepTool: ['fs::search'],
  LSTool: ['fs::list'],
  ReadFileTool: ['fs::read'],
  ReadManyFilesTool: ['fs::read'],
  ShellTool: RUNNING,
  WebFetchTool: FETCHING,
  WriteFileTool: ['fs::write'],
  glob: ['fs::search'],
  grep_search: ['fs::search'],
  list_directory: ['fs::list'],
  read_file: ['fs::read'],
  read_many_files: ['fs::read'],
  replace: ['fs::write'],
  run_shell_command: RUNNING,
  search_file_content: ['fs::search'],
  web_fetch: FETCHING,
  write_file: ['fs::write'],
};

/** Targets of all of them. */
export const BUILT_IN: readonly string[] = [...new Set(Object.values(TOOLS).flat())];

type Entry = { readonly decision: SourceDecision; readonly place: Place };

/** Targets of a built-in tool; none for one that the node never sees. */
export function geminiTargets(tool: string): readonly string[] {
  return Object.hasOwn(TOOLS, tool) ? (TOOLS[tool] ?? []) : [];
}

/** `read_file`, `run_shell_command(git status)`, `mcp_server_tool`, `server__tool`. */
export function readGeminiTool(entry: Entry, value: unknown): Statement | Untranslated {
  if (typeof value !== 'string') return untold(entry, EVERYTHING, 'it is no text');
  const parts = /^([^()]+)(?:\(([\s\S]*)\))?$/.exec(value.trim());
  if (parts === null) return untold(entry, EVERYTHING, 'it is no name of a tool');
  const [, tool = '', about] = parts;
  const targets = geminiTargets(tool);
  if (targets === RUNNING && about !== undefined) return readCommand(entry, beginning(about));
  if (targets.length > 0) {
    if (about === undefined) return told(entry, onEach(targets, ANYTHING));
    return untold(entry, targets, 'arguments of this tool are not read');
  }
  return readNamed(entry, tool, about);
}

/** Words that a command begins with. */
export function beginning(text: string): {
  readonly words: readonly string[];
  readonly isOpen: true;
} {
  return { words: text.split(' ').filter((word) => word !== ''), isOpen: true };
}

function readNamed(
  entry: Entry,
  tool: string,
  about: string | undefined,
): Statement | Untranslated {
  const [, before, own] =
    /^(?:mcp_)?(.+?)__(.+)$/.exec(tool) ?? /^mcp_([^_*]+)_(.+)$/.exec(tool) ?? [];
  const isAllow = entry.decision === 'allow';
  const exact = before === undefined ? undefined : serverTargets(before, own ?? '*');
  const targets = isAllow || exact === undefined ? exact : namedTargets(tool);
  if (targets !== undefined && about === undefined) {
    return told(entry, serverScopes(targets, isAllow));
  }
  // A name without its server may be any server's.
  const all = tool.includes('*') ? EVERYTHING : ['mcp::*'];
  return untold(entry, all, 'it names no tool that is known here');
}

/** Under all of its readings: `mcp_a_b_c` is tool `b_c` of `a`, or `c` of `a_b`. */
function namedTargets(tool: string): readonly string[] | undefined {
  if (!tool.startsWith('mcp_')) return ambiguousTargets(tool, '__');
  return ambiguousTargets(tool.slice('mcp_'.length).replace('__', '_'), '_');
}
