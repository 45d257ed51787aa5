import { listLines, type Shown } from '../core/governance-view.ts';
import { shortId } from '../core/match-id.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Options, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { digestArgument, freshNonce, rowsOf, signShown } from '../shell/governance.ts';
import { findChain } from './chain.ts';

const COLUMNS: readonly Shown[] = [
  { title: 'SETTLEMENT', most: 12, of: 'settlement_id', isId: true },
  { title: 'AMOUNT', most: 20, of: 'net_amount' },
  { title: 'ASSET', most: 16, of: 'asset_identifier' },
  { title: 'CHAINS', most: 144, of: 'involved_chains' },
];

/** `ioi settlement record FROM TO`: FROM gives TO what `--content` names; TO pays FROM for it. */
export const settlementRecord: Command = async (context, [giver = '', taker = ''], options) => {
  const [from, to] = [await findChain(context, giver), await findChain(context, taker)];
  const contents = options['content'];
  const given = Array.isArray(contents) ? (contents as string[]) : [];
  const money = moneyIn(options);
  const asked = {
    chain_ids: [from, to],
    transfers: given.map((each) => ({ from, to, content_hash: digestArgument(each) })),
    ...(money === undefined ? {} : { payment: { from: to, to: from, money } }),
    nonce: freshNonce(),
  };
  const signed = await signShown(context, options, { operation: 'settlement.record', asked });
  const event = signed.entry.events.find(({ type }) => type === 'local_settlement.committed');
  const id = String(event?.['settlement_id']);
  const between = `between ${shortId(from)} and ${shortId(to)}`;
  const line = `settled: ${visible(id)} ${between}, entry ${signed.entry.seq}`;
  context.output.say([line], { settlement_id: id, ...signed });
  return undefined;
};

/** `--pay '12.5 labor_gas'`: an amount and its unit. */
function moneyIn(options: Options): { amount: string; unit: string } | undefined {
  const text = textOption(options, 'pay');
  if (text === undefined) return undefined;
  const [amount = '', unit = '', ...rest] = text.trim().split(/\s+/);
  if (unit !== '' && rest.length === 0) return { amount, unit };
  throw usageFault(`--pay takes an amount and its unit, such as '12.5 labor_gas', not ${text}`);
}

/** `ioi settlement list` */
export const settlementList: Command = async (context) => {
  const answer = await rowsOf(context, 'local-settlements');
  const { output } = context;
  output.say(listLines(COLUMNS, answer.rows, output.plain), answer);
  return undefined;
};
