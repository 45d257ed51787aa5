import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { Rejection, RuntimeToolContract } from '@ioi/protocol';
import { readTotal } from '../policy/index.ts';

/** What a tool does that pays; policies name it `cap::spend` too (whitepaper C.2). */
const SPEND_TARGET = 'wallet::spend';
const LONGEST_PAYEE = 256;
/** Which of several payment connectors; no argument of theirs. */
const SERVER = 'server';

type Params = { readonly [name: string]: Json };

export type PaymentCall = {
  readonly contract: RuntimeToolContract;
  /** As the tool of that contract names them. */
  readonly arguments: { readonly [name: string]: Json };
};

/**
 * The call that a step `wallet::spend` is: `params` has `amount` (`{amount, unit}`), `payee`, which
 * connector (`server`) where there are several, and whatever else its contract takes. Refused
 * before anything is decided or counted: `spend.no_connector`, `spend.which_connector`,
 * `spend.connector_unfit`, `step.params_invalid`.
 */
export function paymentCall(
  { [SERVER]: server, ...params }: Params,
  contracts: readonly RuntimeToolContract[],
): Result<PaymentCall, Rejection> {
  const flaw = flawIn(params);
  if (flaw !== undefined) return refuse('step.params_invalid', flaw);
  const paying = contracts.filter(({ target }) => target === SPEND_TARGET);
  const found = server === undefined ? paying : paying.filter((each) => each.server === server);
  const [contract, ...others] = found;
  if (contract === undefined) {
    const which = server === undefined ? '' : ` called ${JSON.stringify(server).slice(0, 80)}`;
    const how = `mount a tool whose contract has the target ${SPEND_TARGET} (ioi contract)`;
    return refuse('spend.no_connector', `no payment connector${which} is bound here: ${how}`);
  }
  if (others.length > 0) {
    const names = [...new Set(found.map((each) => each.server))].join(', ');
    return refuse('spend.which_connector', `several tools pay here: say server, one of ${names}`);
  }
  const unfit = unfitConnector(contract);
  return unfit === undefined ? named(params, contract) : err(unfit);
}

/**
 * Why a call by a contract that pays is not made, whoever asks for it and by whatever name: what is
 * counted has to be what is paid, and somebody has to have granted it.
 */
export function paymentFault(
  contract: RuntimeToolContract,
  given: Readonly<Record<string, unknown>>,
): Rejection | undefined {
  if (contract.target !== SPEND_TARGET) return undefined;
  const unfit = unfitConnector(contract);
  if (unfit !== undefined) return unfit;
  const named = contract.parameters.flatMap(({ argument, parameter }) => {
    return given[argument] === undefined ? [] : [[parameter, given[argument]] as const];
  });
  const message = flawIn(Object.fromEntries(named));
  return message === undefined ? undefined : { code: 'step.params_invalid', message };
}

function flawIn(params: Readonly<Record<string, unknown>>): string | undefined {
  const total = readTotal(params);
  const { amount, payee } = params;
  // What else it said a tool might pay by, and nobody counts.
  const isMore = Object.keys(Object(amount)).length !== 2;
  if (total === undefined || total.scaled === 0n || isMore) {
    const such = 'amount is { amount, unit }, as text such as "9.50" and more than nothing';
    return `${such}, which is what line_items come to, if any`;
  }
  const isPayee = typeof payee === 'string' && payee !== '' && payee.length <= LONGEST_PAYEE;
  return isPayee ? undefined : `payee is a text of at most ${LONGEST_PAYEE} characters`;
}

function unfitConnector(contract: RuntimeToolContract): Rejection | undefined {
  const unfit = unfitnessOf(contract);
  if (unfit === undefined) return undefined;
  const message = `${contract.server}.${contract.tool} is no payment connector: ${unfit}`;
  return { code: 'spend.connector_unfit', message };
}

/** What its contract has to say, so that nobody pays without a grant, unseen or twice. */
function unfitnessOf(contract: RuntimeToolContract): string | undefined {
  const names = contract.parameters.map(({ parameter }) => parameter);
  const missing = ['amount', 'payee'].filter((name) => !names.includes(name));
  if (missing.length > 0) return `its contract has no parameter ${missing.join(' and ')}`;
  if (contract.authority_scopes.length === 0) return 'its contract takes no scope, so no grant';
  if (contract.effect !== 'at_most_once') return 'its effect is not at_most_once';
  return undefined;
}

function named(params: Params, contract: RuntimeToolContract): Result<PaymentCall, Rejection> {
  const { parameters } = contract;
  const known = new Map(parameters.map((each) => [each.parameter, each.argument]));
  const strange = Object.keys(params).find((name) => !known.has(name));
  if (strange !== undefined) {
    const names = [...known.keys()].join(', ');
    const message = `${contract.tool} takes ${names}, not ${strange.slice(0, 80)}`;
    return refuse('step.params_invalid', message);
  }
  const given = Object.entries(params).map(([name, value]) => [known.get(name) ?? name, value]);
  return ok({ contract, arguments: Object.fromEntries(given) });
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
