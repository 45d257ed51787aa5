import { tabbed, table } from '../core/columns.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Options, textOption } from '../shell/context.ts';
import { type HostProcess, hostProcess, stopWithUs } from '../shell/host-process.ts';
import { entries } from '../shell/installation.ts';

type Added = { readonly name: string; readonly key_id: string };

/** `ioi relay serve --data FOLDER --listen HOST:PORT [--address HOST:PORT]`: until told to stop. */
export const relayServe: Command = async ({ output }, _args, options) => {
  const address = textOption(options, 'address');
  const listen = textOption(options, 'listen') ?? '';
  const place = [folderIn(options), listen, ...(address === undefined ? [] : [address])];
  const running = start<{ address: string; listens: string }>(['serve', ...place]);
  stopWithUs(running.child);
  const said = await running.said;
  const lines = [
    `the relay listens at ${visible(said.listens)}, nodes join it as ${visible(said.address)}`,
    'next: ioi relay add NAME KEY --data FOLDER   (what `ioi relay join` prints at the node)',
  ];
  output.say(lines, said);
  await running.ended;
  return undefined;
};

/** `ioi relay add NAME KEY --data FOLDER`: a relay that runs sees it at once. */
export const relayAdd: Command = async ({ output }, [name = '', key = ''], options) => {
  const added = await told<Added>(['add', folderIn(options), name, key]);
  output.say(
    [visible(`what comes for ${added.name} goes to the node with ${added.key_id}`)],
    added,
  );
  return undefined;
};

/** `ioi relay list --data FOLDER` */
export const relayList: Command = async ({ output }, _args, options) => {
  const found = await told<{ names: readonly Added[] }>(['list', folderIn(options)]);
  const rows = found.names.map(({ name, key_id }) => [name, key_id]);
  const columns = [
    { title: 'NAME', most: 64 },
    { title: 'KEY', most: 72 },
  ];
  const lines = output.plain ? tabbed(rows) : table(columns, rows);
  output.say(rows.length === 0 ? ['no node has a name here'] : lines, found);
  return undefined;
};

/** `ioi relay remove NAME --data FOLDER`: a relay that runs cuts it within a second. */
export const relayRemove: Command = async ({ output }, [name = ''], options) => {
  const removed = await told<Added>(['remove', folderIn(options), name]);
  output.say([visible(`what comes for ${removed.name} goes nowhere`)], removed);
  return undefined;
};

function folderIn(options: Options): string {
  return textOption(options, 'data') ?? '';
}

async function told<Said>(args: readonly string[]): Promise<Said> {
  const { said, ended } = start<Said>(args);
  const value = await said;
  await ended;
  return value;
}

function start<Said>(args: readonly string[]): HostProcess<Said> {
  return hostProcess<Said>('relay', entries.relay, args);
}
