import { artifacts } from '../artifacts/all.ts';
import * as addOns from './add-ons.ts';
import * as data from './data.ts';
import type { Declared, OperationDeclaration } from './declare.ts';
import { domainOperations } from './domain-operations.ts';
import * as domains from './domains.ts';
import * as execution from './execution.ts';
import * as log from './log.ts';
import * as mcp from './mcp.ts';
import * as models from './models.ts';
import * as node from './node.ts';
import * as organisation from './organisation.ts';
import * as policy from './policy.ts';
import * as problem from './problem.ts';
import * as reads from './reads.ts';
import * as roles from './roles.ts';
import * as runParts from './run-parts.ts';
import * as runs from './runs.ts';
import * as search from './search.ts';
import * as status from './status.ts';
import * as wallet from './wallet.ts';
import * as installs from './worker-installs.ts';
import * as workers from './worker-runs.ts';
import * as workflowRuns from './workflow-runs.ts';
import * as workflows from './workflows.ts';

const subjects = [
  ...[addOns, data, domains, execution, installs, log, mcp, models, node, organisation],
  ...[
    policy,
    problem,
    reads,
    roles,
    runParts,
    runs,
    search,
    status,
    wallet,
    workers,
    workflowRuns,
    workflows,
  ],
];

/** Every operation of the daemon's API. */
export const apiOperations: readonly OperationDeclaration[] = [
  ...status.statusOperations,
  ...status.inboxOperations,
  ...node.nodeOperations,
  ...log.logOperations,
  ...search.searchOperations,
  ...policy.policyOperations,
  ...organisation.organisationOperations,
  ...roles.roleOperations,
  ...mcp.mcpOperations,
  ...models.modelOperations,
  ...runs.runOperations,
  ...runs.sessionOperations,
  ...runs.intentOperations,
  ...wallet.walletOperations,
  ...workers.workerRunOperations,
  ...installs.workerInstallOperations,
  ...addOns.addOnOperations,
  ...execution.executionOperations,
  ...workflows.workflowOperations,
  ...workflowRuns.workflowRunOperations,
  ...data.dataOperations,
  ...domainOperations,
  ...reads.readOperations,
  ...reads.issuerOperations,
  ...status.workbenchOperations,
];

/** What operations refer to by name: types of the API, and artifacts. */
export function apiTypes(): ReadonlyMap<string, Declared> {
  const declared = subjects.flatMap((subject) => Object.values(subject)).filter(isDeclared);
  return new Map([...declared, ...artifacts].map((each) => [each.name, each]));
}

function isDeclared(value: unknown): value is Declared {
  return typeof value === 'object' && value !== null && 'name' in value && 'summary' in value;
}
