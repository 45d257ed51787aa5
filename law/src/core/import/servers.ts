import { ANYTHING, READING, type Scope, WRITING } from './statement.ts';

const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/** Tools of the official filesystem server, which the node knows under other targets. */
const FILE_TOOLS: Readonly<Record<string, readonly string[]>> = {
  create_directory: ['fs::mkdir'],
  directory_tree: ['fs::list'],
  edit_file: ['fs::write'],
  get_file_info: ['fs::stat'],
  list_directory: ['fs::list'],
  list_directory_with_sizes: ['fs::list'],
  move_file: ['fs::move'],
  read_file: ['fs::read'],
  read_media_file: ['fs::read'],
  read_multiple_files: ['fs::read'],
  read_text_file: ['fs::read'],
  search_files: ['fs::search'],
  write_file: ['fs::write'],
};

/** Targets a tool of a server might have here; all of the server's for `*`. */
export function serverTargets(server: string, tool: string): readonly string[] | undefined {
  if (!NAME.test(server) || (tool !== '*' && !NAME.test(tool))) return undefined;
  const own = `mcp::${server}::${tool}`;
  if (tool === '*') return /file/i.test(server) ? [own, ...READING, ...WRITING] : [own];
  return [own, ...(Object.hasOwn(FILE_TOOLS, tool) ? (FILE_TOOLS[tool] ?? []) : [])];
}

/**
 * Targets that `server__tool` may stand for, as a rule that restricts takes it: where the text has
 * that sign more than once, nobody can tell where the server ends.
 */
export function ambiguousTargets(text: string, by: string): readonly string[] | undefined {
  const parts = text.split(by);
  const readings = parts.slice(1).map((_, at) => {
    const server = parts.slice(0, at + 1).join(by);
    return serverTargets(server, parts.slice(at + 1).join(by));
  });
  const known = readings.filter((each) => each !== undefined);
  return known.length === 0 || known.length < readings.length ? undefined : known.flat();
}

/**
 * Rules for a tool of a server. What it is known as beside its own name is never allowed by it:
 * the source trusts one server with it, the target is every server's.
 */
export function serverScopes(targets: readonly string[], isAllow: boolean): Scope[] {
  return targets.map((target, at) => ({ ...ANYTHING, target, isAsked: isAllow && at > 0 }));
}
