import { digestOf } from '@ioi/canon';
import type { OpenGraphRun, Rejection, RuntimeToolContract, View } from '@ioi/protocol';
import { type ContractHead, keys } from '../boundary/heads.ts';
import { modelContract } from '../models/model-contract.ts';
import { askContract } from './ask-contract.ts';
import { isOwnStep, type OwnGraphStep } from './structure.ts';

type Contract = RuntimeToolContract;

/** Between the name of a server and that of its tool, where two servers have one of that name. */
const BETWEEN = '__';

/** The contract under which a step is one act: a person decides it where its graph says so. */
export function contractFor({ approval }: OwnGraphStep, contract: Contract): Contract {
  return approval === 'always' ? { ...contract, approval } : contract;
}

/** The route that a step of a model asks: the last part of its name. */
export function routeOf(modelId: string): string {
  return modelId.slice(modelId.lastIndexOf('/') + 1);
}

/** Each step that the node carries out itself has one contract, which is of what it names. */
export function heldOwn({ workflow, own = [] }: OpenGraphRun, view: View): Rejection | undefined {
  const steps = workflow.steps.filter((step) => isOwnStep(workflow, step));
  const names = new Set(own.map(({ step_id }) => step_id));
  if (names.size !== own.length || own.length !== steps.length) {
    return { code: 'graph.unbound', message: 'each step of the node itself has one contract' };
  }
  for (const step of steps) {
    const hash = own.find(({ step_id }) => step_id === step.step_id)?.contract_hash;
    const head = hash && view.get<ContractHead>(keys.contract(hash));
    if (!head) return { code: 'contract.missing', message: `${step.step_id} has no contract` };
    if (isOf(step as OwnGraphStep, head.contract)) continue;
    return { code: 'graph.unbound', message: `${step.step_id} has the contract of something else` };
  }
  return undefined;
}

function isOf(step: OwnGraphStep, contract: Contract): boolean {
  if (step.approval === 'always' && contract.approval !== 'always') return false;
  switch (step.kind) {
    case 'model':
      return isAlike(contract, modelContract(contract.secret_slots));
    case 'approval':
      return isAlike(contract, askContract());
    case 'tool': {
      const { server, tool } = contract;
      return step.tool === tool || step.tool === `${server}${BETWEEN}${tool}`;
    }
  }
}

/** As it is made here, but for whether a person decides it: anybody may register a milder one. */
function isAlike(contract: Contract, made: Contract): boolean {
  const { approval } = contract;
  const [given, own] = [contract, approval ? { ...made, approval } : made].map(digestOf);
  return given?.ok === true && own?.ok === true && given.value === own.value;
}
