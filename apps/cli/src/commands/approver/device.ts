import { readFileSync } from 'node:fs';
import { relayAddressIn } from '@ioi/law';
import { listenerText } from '../../core/listener-view.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  countOption,
  flagOption,
  listOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { notJoined, type RelaySettings, readRelay } from '../../shell/relay-settings.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';

const DEFAULT_PORT = 8443;

/** `ioi approver listen [--name HOST|--relay --cert FILE --key FILE] [--port N] [--stop]` */
export const approverListen: Command = async (context, _, options) => {
  const { guardian, output } = context;
  const joined = flagOption(options, 'relay') ? readRelay(context.home) : undefined;
  const name = textOption(options, 'name') ?? joined?.name;
  if (flagOption(options, 'relay') && joined === undefined) throw notJoined();
  if (flagOption(options, 'stop')) {
    const stopped = await guardian.stopListener();
    output.say(['closed: no other device reaches the page, and its key is forgotten'], stopped);
    return undefined;
  }
  if (name === undefined) {
    const status = await guardian.listener();
    const next = status.url === undefined ? ['next: ioi approver listen --name HOST …'] : [];
    output.say([`other devices  ${listenerText(status)}`, ...next], status);
    return undefined;
  }
  const address = textOption(options, 'address');
  const asked = {
    name,
    port: countOption(options, 'port', portOf(joined) ?? DEFAULT_PORT),
    ...(joined === undefined ? {} : { relay: true }),
    ...(address === undefined ? {} : { address }),
    cert: pemIn(options, 'cert'),
    key: pemIn(options, 'key'),
  };
  const passphrase = await ownerPassphrase(context, options);
  const status = await guardian.openListener(asked, passphrase);
  const next = 'next: ioi approver add --device NAME';
  output.say([`other devices  ${listenerText(status)}`, next], status);
  return undefined;
};

/** Devices come where the relay listens. */
function portOf(joined: RelaySettings | undefined): number | undefined {
  return joined && relayAddressIn(joined.relay)?.port;
}

function pemIn(options: Options, name: 'cert' | 'key'): string {
  const path = textOption(options, name);
  if (path === undefined) throw usageFault(`--${name} FILE is needed beside --name`);
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    throw usageFault(`--${name} ${path}: ${(fault as Error).message}`);
  }
}

/** `ioi approver add --device LABEL`: a link for one device, once and for ten minutes. */
export const approverInvite: Command = async ({ guardian, output }, _, options) => {
  const label = textOption(options, 'device') ?? '';
  const { url } = await guardian.inviteDevice(label, listOption(options, 'actsAs'));
  const { renderUnicodeCompact } = await import('uqr');
  const code = output.plain || output.json ? [] : renderUnicodeCompact(url).split('\n');
  const lines = [
    ...code,
    `open this on ${visible(label)}, once and within ten minutes: ${url}`,
    'next: ioi approver confirm CODE   (the six digits that the device shows then)',
  ];
  output.say(lines, { url });
  return undefined;
};

/** `ioi approver confirm CODE`: the owner signs for the device that shows these digits. */
export const approverConfirm: Command = async (context, [code = ''], options) => {
  if (!/^[0-9]{6}$/.test(code)) throw usageFault(`the device shows six digits, not ${code}`);
  const passphrase = await ownerPassphrase(context, options);
  const enrolled = await context.guardian.confirmDevice(code, passphrase);
  const lines = [`${visible(enrolled.label)} approves from now on`, 'next: ioi approver list'];
  context.output.say(lines, enrolled);
  return undefined;
};
