import type { CanaryStanding } from '../core/probe/verdict.ts';
import { agentAt, type FoundAgent, findAgents } from '../probe/place-agent.ts';
import { usageFault } from '../shell/fault.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The agent that the demo ends with: the one named, by id or path, or the first there is. */
export function demoAgent(
  environment: Environment,
  named: string | undefined,
): FoundAgent | undefined {
  const found = named?.includes('/') === true ? [agentAt(named)] : findAgents(environment);
  const known = found.filter(({ recipe }) => recipe !== undefined);
  const isAny = named === undefined || named.includes('/');
  const chosen = known.find(({ agent }) => isAny || agent.id === named);
  if (chosen !== undefined || named === undefined) return chosen;
  throw usageFault(`${named} is not in PATH, or cannot be started without a person`, 'ioi connect');
}

/** What stopped it, in the order it tried. */
export function receiptsOf(canaries: readonly CanaryStanding[]): readonly string[] {
  return canaries.flatMap(({ receiptId }) => (receiptId === undefined ? [] : [receiptId]));
}
