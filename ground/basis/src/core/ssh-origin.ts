const ORIGIN = /^ssh:\/\/([a-z0-9][a-z0-9.-]{0,252}|\[[0-9a-f:]{2,45}\]):([1-9][0-9]{0,4})$/;
const MAX_PORT = 65_535;

/** A server that is reached over SSH, and who its keys are told of in `known_hosts`. */
export type SshOrigin = { readonly origin: string; readonly host: string; readonly port: number };

/** Reads `ssh://HOST:PORT`, in that spelling alone: no user, no path, lower case. */
export function sshOrigin(text: string): SshOrigin | undefined {
  const [origin, host, port] = ORIGIN.exec(text) ?? [];
  if (origin === undefined || host === undefined || Number(port) > MAX_PORT) return undefined;
  return { origin, host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
}
