/** The name a module has once its types are gone. */
export function published(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

/** How a file in `folder` names `path`; both are relative to the same root. */
export function relativePath(folder: string, path: string): string {
  const from = folder.split('/');
  const to = path.split('/');
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared += 1;
  const up = '../'.repeat(from.length - shared);
  return `${up === '' ? './' : up}${to.slice(shared).join('/')}`;
}
