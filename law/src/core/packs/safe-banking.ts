import { type Pack, type PackRule, pack } from './pack.ts';

const paying = (amount: string): object => ({ params: { amount: { amount, unit: 'usd' } } });

/** See accounts; pay little, and never without being asked. */
export const safeBanking: Pack = pack({
  name: 'safe-banking',
  summary: 'See accounts; ask for every payment, at most 500 usd at once and 1000 a day.',
  unit: 'usd',
  rules: [
    ...['accounts', 'balance', 'transactions'].map(
      (noun): PackRule => ({
        rule_id: `see_${noun}`,
        target: `bank::${noun}`,
        conditions: { rate_limit: '30/minute' },
        action: 'ALLOW',
        justification: 'Looking at accounts moves nothing.',
        match: [{ params: {} }],
      }),
    ),
    ...['bank::transfer', 'ucp::checkout', 'ucp::pay', 'wallet::send', 'wallet::spend'].map(
      (target): PackRule => ({
        rule_id: `ask_${target.replace('::', '_')}`,
        target,
        conditions: {
          max_spend: '500',
          max_session_spend: '1000',
          max_day_spend: '1000',
          rate_limit: '10/day',
        },
        action: 'REQUIRE_APPROVAL',
        justification: 'Money that went does not come back; a person sees each payment first.',
        match: [paying('12.50'), paying('500')],
        not_match: [paying('500.01')],
      }),
    ),
    ...['bank::add_payee', 'bank::change_limit', 'wallet::export_key'].map(
      (target): PackRule => ({
        rule_id: `never_${target.replace('::', '_')}`,
        target,
        conditions: {},
        action: 'BLOCK',
        justification: 'This would widen what can be lost.',
        match: [{ params: {} }],
      }),
    ),
    {
      rule_id: 'ask_to_sign',
      target: 'wallet::sign',
      conditions: {},
      action: 'REQUIRE_APPROVAL',
      justification: 'A signature binds its owner.',
      match: [{ params: {} }],
    },
  ],
});
