import { isDeviceHost, relayAddressIn } from '@ioi/law';
import { type ListenerStatus, relayText } from '../core/listener-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, needNode, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { dropRelay, notJoined, readRelay, relayKey, saveRelay } from '../shell/relay-settings.ts';

/** `ioi relay join HOST:PORT --name NAME`: gives nothing to anybody before the owner opens it. */
export const relayJoin: Command = async ({ home, output }, [relay = ''], options) => {
  needNode(home);
  const name = textOption(options, 'name') ?? '';
  if (relayAddressIn(relay) === undefined) throw usageFault(`${relay} is not HOST:PORT`);
  if (!isDeviceHost(name)) {
    throw usageFault(`${name} is no host name, such as laptop.relay.example.org`);
  }
  const before = readRelay(home);
  if (before && (before.relay !== relay || before.name !== name)) {
    throw new CommandFault({
      exit: 'usage',
      code: 'relay.joined_already',
      message: `this node joined ${before.relay} as ${before.name}`,
      next: 'ioi relay leave',
    });
  }
  const { keyId } = relayKey(home);
  saveRelay(home, { format: 'ioi-relay/1', relay, name });
  const lines = [
    `joined ${visible(relay)} as ${visible(name)}; at the relay:`,
    `ioi relay add ${name} ${keyId} --data FOLDER`,
    'next: ioi approver listen --relay --cert FILE --key FILE',
  ];
  output.say(lines, { relay, name, key_id: keyId });
  return undefined;
};

/** `ioi relay status` */
export const relayStatus: Command = async (context) => {
  const { home, output } = context;
  needNode(home);
  const settings = readRelay(home);
  if (settings === undefined) throw notJoined();
  const { relay, name } = settings;
  const key_id = relayKey(home).keyId;
  const { listener, down } = await listenerOf(context);
  const standing = listener?.relay;
  const closed = 'closed; ioi approver listen --relay --cert FILE --key FILE';
  const problem = listener?.problem && visible(listener.problem.message);
  const state = down ?? problem ?? (standing ? relayText(standing) : closed);
  const lines = [
    `relay  ${visible(relay)} as ${visible(name)}`,
    `key    ${key_id}`,
    `state  ${state}`,
  ];
  output.say(lines, { relay, name, key_id, ...(standing ? { standing } : {}), open: !!standing });
  return undefined;
};

/** `ioi relay leave`: closes what is open there; the key stays, for when it is joined again. */
export const relayLeave: Command = async (context) => {
  const { home, output, guardian } = context;
  const settings = readRelay(home);
  if (settings === undefined) throw notJoined();
  const { listener } = await listenerOf(context);
  const isThere = listener?.relay ?? listener?.problem?.code === 'listener.no_relay';
  if (isThere) await guardian.stopListener();
  dropRelay(home);
  const { relay, name } = settings;
  const lines = [`left ${visible(relay)}; there: ioi relay remove ${name} --data FOLDER`];
  output.say(lines, { relay, name });
  return undefined;
};

/** Also of a node that is down: what it joined is known without it. */
async function listenerOf({ guardian }: Context): Promise<Found> {
  try {
    return { listener: await guardian.listener() };
  } catch (fault) {
    if (!(fault instanceof CommandFault)) throw fault;
    return { down: visible(fault.about.message) };
  }
}

type Found = { readonly listener?: ListenerStatus; readonly down?: string };
