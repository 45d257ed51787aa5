import { err, ok, type Result } from '@ioi/basis';
import { isDeviceHost } from '@ioi/law';
import type { Refusal } from './wire.ts';

/**
 * The origin of the page for other devices. A passkey is bound to the name, so it has to be one
 * that a browser takes for a relying party: a host name, no address, and none of this machine.
 */
export function deviceOrigin(name: string, port: number): Result<string, Refusal> {
  if (!isDeviceHost(name)) {
    const message = `${name} is no host name another device could use, such as approve.example.org`;
    return err({ code: 'listener.bad_name', message });
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return err({ code: 'listener.bad_port', message: 'a port is from 1 to 65535' });
  }
  return ok(port === 443 ? `https://${name}` : `https://${name}:${port}`);
}
