import { err, ok, type Result } from '@ioi/basis';

/** How far the one execution of a task is (whitepaper E.2). */
export type CecStage =
  | 'contract_loaded'
  | 'discovery'
  | 'provider_selection'
  | 'payload_synthesis'
  | 'execution'
  | 'verification'
  | 'completion_gate'
  | 'terminal';

type CecFault = { readonly class: 'ExecutionContractViolation'; readonly message: string };

const ORDER: readonly CecStage[] = [
  'contract_loaded',
  'discovery',
  'provider_selection',
  'payload_synthesis',
  'execution',
  'verification',
  'completion_gate',
  'terminal',
];

/** One stage on; a payload may be made again, an execution never. */
export function advance(from: CecStage, to: CecStage): Result<CecStage, CecFault> {
  const isNext = ORDER.indexOf(to) === ORDER.indexOf(from) + 1;
  const isRefined = from === 'payload_synthesis' && to === 'payload_synthesis';
  if (isNext || isRefined) return ok(to);
  const message = `${from} is not followed by ${to}`;
  return err({ class: 'ExecutionContractViolation', message });
}
