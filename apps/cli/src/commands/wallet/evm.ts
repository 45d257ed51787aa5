import { evmPath } from '@ioi/crypto/phrase';
import { type Command, countOption, flagOption, textOption } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { readPhrase } from '../../shell/phrase-input.ts';
import { vaultOf } from '../../shell/vault-of.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';

const CHAIN = 1;

/** `ioi wallet evm derive NAME --server SERVER [--chain N] [--index N]` */
export const evmDerive: Command = async (context, [name = ''], options) => {
  const { output } = context;
  const server = textOption(options, 'server');
  if (server === undefined) throw usageFault('--server is needed', 'ioi wallet evm derive --help');
  const index = countOption(options, 'index', 0);
  const origin = `evm:${countOption(options, 'chain', CHAIN)}`;
  const isGiven = flagOption(options, 'typePhrase') || options['phraseFile'] !== undefined;
  const phrase = isGiven ? { phrase: await readPhrase(options, output) } : {};
  const passphrase = await ownerPassphrase(context, options);
  const wanted = { name, server, origin, index: String(index), ...phrase };
  const { item } = await vaultOf(context).derive(wanted, passphrase);
  const path = evmPath(index);
  const lines = [
    `${item.name} is set, version ${item.version}: ${item.address} at ${path}`,
    `  signs for ${origin} alone, through ${server}`,
    ...(index === 0 ? ['  this is the account of the identity itself: ioi wallet id'] : []),
  ];
  output.say(lines, { ...item, path });
  return undefined;
};
