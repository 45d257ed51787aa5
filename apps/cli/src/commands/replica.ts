import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ReplicaRequest } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import { type Command, countOption, listOption, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { isInitialised, isReplica, makePrivateFolder, makeSocketFolder } from '../shell/home.ts';
import { hostProcess, stopWithUs } from '../shell/host-process.ts';
import { entries } from '../shell/installation.ts';

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/;
const STALE_AFTER_S = 30;

/** `ioi replica init --name NAME --node ID --store URL --out FILE` */
export const replicaInit: Command = async ({ home, output }, _args, options) => {
  if (isReplica(home) || isInitialised(home)) {
    throw usageFault(`in ${home.folder} is a node or a replica already`, 'another IOI_HOME');
  }
  const replica = textOption(options, 'name') ?? '';
  if (!NAME.test(replica)) throw usageFault('--name has lower case letters, digits and -');
  const url = textOption(options, 'store') ?? '';
  if (!/^postgres(ql)?:\/\//.test(url)) throw usageFault('--store begins with postgresql://');
  makePrivateFolder(home.folder);
  makePrivateFolder(home.replica);
  const { said } = hostProcess<{ tls_key: string }>('replica', entries.replica, [
    'key',
    home.replica,
  ]);
  const { tls_key } = await said;
  const schema = textOption(options, 'schema');
  const config = {
    format: 'ioi-replica/1',
    replica,
    node_id: textOption(options, 'node'),
    store: schema === undefined ? { url } : { url, schema },
    witnesses: listOption(options, 'witness'),
    stale_after_ms: 1000 * countOption(options, 'staleAfter', STALE_AFTER_S),
  };
  const request: ReplicaRequest = { format: 'ioi-replica-request/1', replica, tls_key };
  const path = resolve(textOption(options, 'out') ?? '');
  writeFileSync(path, `${JSON.stringify(request)}\n`, { mode: 0o600 });
  // Last: with it this is a replica.
  const settings = join(home.replica, 'replica.json');
  writeFileSync(settings, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flush: true });
  const lines = [
    `${visible(replica)} reads ${visible(String(config.node_id))}`,
    `its settings are in ${visible(settings)}`,
    `for operations, where a node writes: ioi cluster enrol ${visible(path)}`,
    'next: ioi replica serve',
  ];
  output.say(lines, { ...request, path });
  return undefined;
};

/** `ioi replica serve [--listen ADDRESS]`: until it is told to stop. */
export const replicaServe: Command = async ({ home, output }, _args, options) => {
  if (!existsSync(join(home.replica, 'replica.json'))) {
    throw new CommandFault({
      exit: 'usage',
      code: 'replica.none',
      message: `in ${home.folder} is no replica`,
      next: 'ioi replica init',
    });
  }
  const listen = textOption(options, 'listen');
  const [, inBrackets, plain = inBrackets, port = ''] = ADDRESS.exec(listen ?? '') ?? [];
  if (listen !== undefined && plain === undefined) throw usageFault('--listen is host:port');
  const { sockets } = makeSocketFolder(home);
  const place = plain === undefined ? [] : [plain, port];
  const serve = ['serve', home.replica, sockets.daemon, ...place];
  const { child, said, ended } = hostProcess<Serving>('replica', entries.replica, serve);
  stopWithUs(child);
  const serving = await said;
  const lines = [
    `${visible(serving.replica)} answers reads of ${visible(serving.node_id)}`,
    `its key, by which others know it: ${visible(serving.tls_key)}`,
    ...(serving.url === undefined ? [] : [`for sessions at ${visible(serving.url)}`]),
  ];
  output.say(lines, serving);
  await ended;
  return undefined;
};

type Serving = {
  readonly replica: string;
  readonly node_id: string;
  readonly tls_key: string;
  readonly tls_group: string;
  readonly url?: string;
};
