import { listLines, recordLines, type Shown } from '../core/governance-view.ts';
import { shortId } from '../core/match-id.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, textOption } from '../shell/context.ts';
import {
  artifactDigest,
  digestArgument,
  findRow,
  policyArgument,
  readJson,
  rowsOf,
  signShown,
} from '../shell/governance.ts';

const CHAINS = 'autonomous-system-chains';
const COLUMNS: readonly Shown[] = [
  { title: 'CHAIN', most: 12, of: 'chain_id', isId: true },
  { title: 'SEQUENCE', most: 10, of: 'sequence' },
  { title: 'MANIFEST', most: 40, of: 'manifest_ref' },
  { title: 'POLICY', most: 12, of: 'policy_hash', isId: true },
  { title: 'STATE', most: 12, of: 'state_root', isId: true },
];

/** The chain a person means by the beginning of its id. */
export async function findChain(context: Context, given: string): Promise<string> {
  const about = { projection: CHAINS, column: 'chain_id', list: 'ioi chain list' };
  return String((await findRow(context, about, given))['chain_id']);
}

/** `ioi chain create MANIFEST`: a governed chain, moved by the owner's key unless told. */
export const chainCreate: Command = async (context, [path = ''], options) => {
  const manifest_hash = artifactDigest(readJson(path));
  const state = textOption(options, 'state');
  const policy = textOption(options, 'policy');
  const controller = textOption(options, 'controller');
  const asked = {
    manifest_ref: textOption(options, 'ref') ?? referenceOf(manifest_hash),
    manifest_hash,
    ...(state === undefined ? {} : { state_root: digestArgument(state) }),
    ...(policy === undefined ? {} : { policy_hash: policyArgument(context, policy) }),
    ...(controller === undefined ? {} : { controller_key: readJson(controller) }),
  };
  const signed = await signShown(context, options, { operation: 'chain.create', asked });
  const created = signed.entry.events.find((event) => event['type'] === 'chain.created');
  const chain = created?.['chain'] as { readonly envelope: { readonly chain_id: string } };
  const id = chain.envelope.chain_id;
  const next = `next: ioi module register FILE --chain ${shortId(id)}`;
  context.output.say([`created: chain ${visible(id)}`, next], { chain_id: id, ...signed });
  return undefined;
};

/** A name by content, for a manifest that stands nowhere else. */
function referenceOf(manifestHash: string): string {
  return `artifact://local/${manifestHash.slice('sha256:'.length)}`;
}

/** `ioi chain advance CHAIN STATE`: one transition to a new state root. */
export const chainAdvance: Command = async (context, [given = '', state = ''], options) => {
  const chain_id = await findChain(context, given);
  const asked = { chain_id, state_root: digestArgument(state) };
  const signed = await signShown(context, options, { operation: 'chain.advance', asked });
  const sequence = String(signed.review.statement['sequence']);
  const line = `advanced: chain ${shortId(chain_id)}, transition ${visible(sequence)}`;
  context.output.say([line], signed);
  return undefined;
};

/** `ioi chain list` */
export const chainList: Command = async (context) => {
  const answer = await rowsOf(context, CHAINS);
  const { output } = context;
  output.say(listLines(COLUMNS, answer.rows, output.plain), answer);
  return undefined;
};

/** `ioi chain show CHAIN`: the chain, and the modules and upgrades of it. */
export const chainShow: Command = async (context, [given = '']) => {
  const chain_id = await findChain(context, given);
  const [chain] = (await rowsOf(context, CHAINS, { chain_id })).rows;
  const modules = (await rowsOf(context, 'service-modules', { chain_id })).rows;
  const proposals = (await rowsOf(context, 'upgrade-proposals', { chain_id })).rows;
  const lines = [
    ...recordLines(chain ?? {}),
    ...modules.map((row) => visible(`module    ${row['module_id']} ${row['status']}`)),
    ...proposals.map((row) => visible(`proposal  ${row['proposal_id']} ${row['status']}`)),
  ];
  context.output.say(lines, { chain, modules, proposals });
  return undefined;
};
