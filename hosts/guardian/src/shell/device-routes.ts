import type { Result } from '@ioi/basis';
import type { Refusal } from '@ioi/guardian';
import type { DeviceDesk } from '@ioi/guardian/shell';
import { type Answer, good, type Handler, refused } from './answers.ts';
import type { DeviceListener } from './device-listener.ts';

export type DeviceServing = {
  readonly listener: DeviceListener;
  readonly devices: DeviceDesk;
};

const LONGEST_LABEL = 64;

/** What the command line asks about other devices. */
export function deviceRoutes({ listener, devices }: DeviceServing): Record<string, Handler> {
  return {
    'GET /listener': async () => good(await listener.status()),
    'POST /listener/open': async ({ passphrase, name, port, address, relay, cert, key }) => {
      const about = {
        name: String(name),
        port: Number(port),
        cert: String(cert),
        key: String(key),
        relay: relay === true,
      };
      const on = typeof address === 'string' ? address : undefined;
      return told(await listener.open({ ...about, address: on }, String(passphrase)));
    },
    'POST /listener/stop': async () => good(await listener.stop()),
    'POST /device/invite': ({ label, acts_as }) => {
      const named = String(label).slice(0, LONGEST_LABEL).toWellFormed().trim();
      const agents = Array.isArray(acts_as) ? acts_as.map(String) : [];
      return told(devices.invite(named === '' ? 'device' : named, agents));
    },
    'POST /device/confirm': async ({ code, passphrase }) => {
      return told(await devices.confirm(String(code), String(passphrase)));
    },
    'POST /device/codes': ({ request_hash }) => {
      return good({ codes: devices.codes(String(request_hash)) });
    },
  };
}

function told(done: Result<object, Refusal>): Answer {
  return done.ok ? good(done.value) : refused(done.error);
}
