import { evmPath, identityTiers, tierInfo, tierPath } from '@ioi/crypto/phrase';
import { didDocument, type OwnerIdentity } from '@ioi/protocol';
import {
  type Command,
  type Context,
  needNode,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { askPhraseProgram, identityIn } from '../../shell/owner-identity.ts';
import { readPassphrase } from '../../shell/prompt.ts';

/** `ioi wallet id`: who owns this node, by which keys, and where each tier's are derived. */
export const walletId: Command = async (context, _args, options) => {
  needNode(context.home);
  const identity = identityIn(context.home) ?? (await identified(context, options));
  const { owner_key: owner, agreement_key: agreement, evm_address: evmAddress } = identity;
  const account = evmAddress === undefined ? {} : { evmAddress };
  const document = didDocument({ owner, agreement, ...account });
  const tiers = identityTiers.map((tier) => ({
    tier,
    ed25519: tierPath(tier, 0),
    ml_dsa_44: tierInfo(tier, 0),
  }));
  const lines = [
    identity.did,
    `ed25519    ${owner.ed25519}`,
    `ml-dsa-44  ${shortKey(owner.ml_dsa_44)}`,
    `x25519     ${agreement.x25519}`,
    `ml-kem-768 ${shortKey(agreement.ml_kem_768)}`,
    `evm        ${evmAddress === undefined ? NO_ACCOUNT : `${evmAddress} at ${evmPath(0)}`}`,
    ...tiers.map(({ tier, ed25519 }) => `${tier.padEnd(10)} ${ed25519}`),
  ];
  context.output.say(lines, { ...identity, tiers, document });
  return undefined;
};

/** Signed once, for an owner whose key is older than identities. */
async function identified({ home, output }: Context, options: Options): Promise<OwnerIdentity> {
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const passphrase = await readPassphrase(source, output);
  return (await askPhraseProgram(home, { kind: 'identify', passphrase }, 'identified')).identity;
}

const NO_ACCOUNT = 'none: this key is older than recovery phrases';

function shortKey(text: string): string {
  return `${text.slice(0, 43)}… (${text.length} characters, whole with --json)`;
}
