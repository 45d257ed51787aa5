import { isCommandPattern, readCommandPattern } from '../commands/index.ts';

/** So many different ones have to be seen before anything wider than each is proposed. */
const SEVERAL = 3;
/** Folders above this many names are a home, or hold homes. */
const SHALLOWEST = 3;
/** Under these, names below belong to strangers. */
const SHARED = [
  'amazonaws.com',
  'appspot.com',
  'azurewebsites.net',
  'blogspot.com',
  'cloudfront.net',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'netlify.app',
  'pages.dev',
  'vercel.app',
  'web.app',
  'workers.dev',
];

/** Values in one order, each once. */
export function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

/**
 * The places these paths are in: a folder where several of them lie in it, the folder above where
 * several such folders do, one step only. Never a folder that may not be proposed.
 */
export function generalisePaths(
  paths: readonly string[],
  mayPropose: (folder: string) => boolean,
): readonly string[] {
  const folders = widened(distinct(paths), mayPropose);
  const above = widened(
    folders.filter((each) => !paths.includes(each)),
    mayPropose,
  );
  const all = distinct([...folders, ...above]);
  return all.filter((each) => !all.some((other) => each !== other && isBelow(each, other)));
}

/**
 * Whether so much may lie below a path that allowing it allows what nobody saw: a rule about a
 * path is about all below it. Above a workspace, or directly below the root and not inside one.
 */
export function holdsTooMuch(path: string, roots: readonly string[]): boolean {
  const isInside = roots.some((root) => root !== '' && `${path}/`.startsWith(`${root}/`));
  if (isInside) return false;
  return path.lastIndexOf('/') === 0 || roots.some((root) => isBelow(root, path));
}

/** Those that lie alone, and a folder for each several that lie in it. */
function widened(
  paths: readonly string[],
  mayPropose: (folder: string) => boolean,
): readonly string[] {
  return distinct(
    paths.map((path) => {
      const folder = path.slice(0, path.lastIndexOf('/'));
      const beside = paths.filter((each) => each.slice(0, each.lastIndexOf('/')) === folder);
      const isWide = folder.split('/').length - 1 < SHALLOWEST;
      return beside.length < SEVERAL || isWide || !mayPropose(folder) ? path : folder;
    }),
  );
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** A rule about a host is about every name below it. */
export function isShared(host: string): boolean {
  return SHARED.includes(host);
}

/** Each host, and instead of several of one registered domain that domain. */
export function generaliseHosts(hosts: readonly string[]): readonly string[] {
  const all = distinct(hosts);
  const wide = all.map((host) => {
    const labels = host.split('.');
    const domain = labels.slice(-2).join('.');
    // `co.uk` and its like are no registered domains.
    const isShared = SHARED.includes(domain) || (labels.at(-2)?.length ?? 0) <= 3;
    const isName = /^[a-z]/.test(labels.at(-1) ?? '') && labels.length > 2;
    const beside = all.filter((each) => each.endsWith(`.${domain}`));
    return isName && !isShared && beside.length >= SEVERAL ? domain : host;
  });
  return distinct(wide);
}

/**
 * Patterns of commands: each as it was, and instead of several that begin with the same program
 * and word the longest beginning they share. Undefined where one cannot be said.
 */
export function generaliseCommands(
  commands: readonly (readonly string[])[],
): readonly string[] | undefined {
  const texts = commandTexts(commands);
  if (texts === undefined) return undefined;
  const patterns = texts.map((text) => {
    const words = text.split(' ');
    const beside = texts.map((each) => each.split(' ')).filter((each) => isAlike(each, words));
    if (words.length < 2 || beside.length < SEVERAL) return text;
    let shared = 2;
    while (beside.every((each) => each[shared] !== undefined && each[shared] === words[shared])) {
      shared += 1;
    }
    return [...words.slice(0, shared), '**'].join(' ');
  });
  return distinct(patterns);
}

/** Each command as the pattern of itself alone; undefined where one cannot be said. */
export function commandTexts(
  commands: readonly (readonly string[])[],
): readonly string[] | undefined {
  if (commands.some((words) => !isSayable(words.join(' '), words))) return undefined;
  return distinct(commands.map((words) => words.join(' ')));
}

function isAlike(left: readonly string[], right: readonly string[]): boolean {
  return left[0] === right[0] && left[1] === right[1] && !left[1]?.startsWith('-');
}

function isSayable(text: string, words: readonly string[]): boolean {
  const isPlain = words.every((word) => word !== '' && !/[\s*]/.test(word));
  return isPlain && isCommandPattern(readCommandPattern(text));
}
