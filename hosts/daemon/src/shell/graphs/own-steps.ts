import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import {
  askContract,
  contractFor,
  isOwnStep,
  modelContract,
  modelKeysOf,
  type OwnGraphStep,
  type RoutingTable,
  routeOf,
} from '@ioi/law';
import type { OpenGraphRun, Rejection, RuntimeToolContract, WorkflowSchema } from '@ioi/protocol';
import type { Servers } from '../mcp/servers.ts';

type Here = {
  readonly servers: Pick<Servers, 'find' | 'register'>;
  readonly routing: () => RoutingTable;
};

/** The contract of each step that the node carries out itself, as it is now, and in the log. */
export async function ownSteps(
  workflow: WorkflowSchema,
  here: Here,
): Promise<Result<Pick<OpenGraphRun, 'own'>, Rejection>> {
  const own: NonNullable<OpenGraphRun['own']> = [];
  for (const step of workflow.steps) {
    if (!isOwnStep(workflow, step)) continue;
    const found = contractOf(step, here);
    if (!found.ok) return found;
    const contract = contractFor(step, found.value);
    const hash = digestOf(contract);
    if (!hash.ok) return err({ code: 'canon.refused', message: hash.error.message });
    await here.servers.register([{ contract, hash: hash.value }]);
    own.push({ step_id: step.step_id, contract_hash: hash.value });
  }
  return ok(own.length === 0 ? {} : { own });
}

function contractOf(
  step: OwnGraphStep,
  { servers, routing }: Here,
): Result<RuntimeToolContract, Rejection> {
  if (step.kind === 'approval') return ok(askContract());
  if (step.kind === 'model') {
    const route = routeOf(step.model_id);
    const table = routing();
    const candidates = Object.hasOwn(table, route) ? table[route] : undefined;
    if (candidates !== undefined) return ok(modelContract(modelKeysOf(candidates)));
    return err({ code: 'workflow.unresolved', message: `no route is called ${route}` });
  }
  const found = servers.find(step.tool);
  if (found?.contract !== undefined) return ok(found.contract.contract);
  const message = `no contract for a tool named ${step.tool}`;
  return err(found?.refusal ?? { code: 'contract.missing', message });
}
