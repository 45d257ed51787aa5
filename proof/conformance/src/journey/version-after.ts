/** The next version of a program, as its numbers go. */
export function versionAfter(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return `${major}.${minor + 1}.0`;
}
