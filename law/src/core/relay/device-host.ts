const HOST = /^(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** A host name that a browser takes for a relying party: no address, and none of this machine. */
export function isDeviceHost(name: string): boolean {
  return HOST.test(name) && !name.endsWith('.localhost');
}
