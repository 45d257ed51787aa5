import { digestBytes, digestOf } from '@ioi/canon';
import type { ActionFacts, ActionRequest, RuntimeToolContract, SealedAction } from '@ioi/protocol';
import { filesystemContracts } from '../core/contracts/filesystem.ts';

export function contractOf(tool: string): RuntimeToolContract {
  const contract = filesystemContracts.find((each) => each.tool === tool);
  if (contract === undefined) throw new Error(`no contract for ${tool}`);
  return contract;
}

export function requestFor(
  contract: RuntimeToolContract,
  params: ActionRequest['params'],
  nonce = '1',
): ActionRequest {
  const context = { agent_id: 'agent://test/agent' };
  return { target: contract.target, params, context, nonce };
}

/** An action as the seal verifier would hand it over; only tests may mint one so. */
export function sealedAction(
  contract: RuntimeToolContract,
  request: ActionRequest,
  facts: ActionFacts,
): SealedAction {
  const requestHash = digestOf(request);
  const contractHash = digestOf(contract);
  if (!requestHash.ok || !contractHash.ok) throw new Error('no canonical form');
  const committed = {
    request_hash: requestHash.value,
    policy_hash: digestBytes('policy'),
    contract_hash: contractHash.value,
    facts,
    reservations: [],
    attempt: 1,
    executor: `node://local/${'0f'.repeat(16)}`,
  };
  const committedHash = digestOf(committed);
  if (!committedHash.ok) throw new Error('no canonical form');
  return {
    request,
    committed,
    contract,
    committedHash: committedHash.value,
    decisionHash: digestBytes('decision'),
    seq: 1n,
  } as unknown as SealedAction;
}
