import { addressesOf } from '@ioi/drivers/shell';
import { asksModel, isAskContract, isQuestionContract, type RoutingTable } from '@ioi/law';
import { type KeyedAnswer, type KeyedQuestion, ModelDriver } from '@ioi/workers/shell';
import type { BoundaryOptions } from '../boundary.ts';
import { type Connecting, wasBegun } from '../mcp/connector.ts';
import { argumentsFrom } from '../mcp/mounted-server.ts';
import type { Servers } from '../mcp/servers.ts';
import { personDriver } from '../person-driver.ts';
import { exchange } from '../web/web-edge.ts';

type Routing = { readonly driverFor: BoundaryOptions['driverFor'] };

/** What performs an act: models by their routes, questions by a person, all else by the servers. */
export function modelsOf(
  table: () => RoutingTable,
  connecting: Connecting,
  servers: Servers,
): Routing {
  const argumentsOf = argumentsFrom(connecting.contents);
  const driver = new ModelDriver({
    table,
    argumentsOf,
    keyed: (question, signal) => askByEdge(question, connecting, signal),
    wasBegun: (action) => wasBegun(action, connecting),
    resolve: addressesOf,
  });
  const person = personDriver(argumentsOf);
  return {
    driverFor: (contract) => {
      if (isAskContract(contract) || isQuestionContract(contract)) return person;
      return asksModel(contract) ? driver : servers.driverFor(contract);
    },
  };
}

async function askByEdge(
  { given, ...question }: KeyedQuestion,
  connecting: Connecting,
  signal: AbortSignal,
): Promise<KeyedAnswer> {
  const exchanged = await exchange({ given: { ...given }, ...question }, connecting, signal);
  if (exchanged.kind !== 'answer') return exchanged;
  const { head, chunks, isWhole } = exchanged.coming;
  return { kind: 'answer', ...head, chunks, isWhole };
}
