import { asksModel, isAskContract, isQuestionContract } from '@ioi/law';
import type { RoutingTable } from '@ioi/workers';
import { ModelDriver } from '@ioi/workers/shell';
import type { BoundaryOptions } from '../boundary.ts';
import type { Contents } from '../contents.ts';
import { argumentsFrom } from '../mcp/mounted-server.ts';
import type { Servers } from '../mcp/servers.ts';
import { personDriver } from '../person-driver.ts';

type Routing = { readonly driverFor: BoundaryOptions['driverFor'] };

/** What performs an act: models by their routes, questions by a person, all else by the servers. */
export function modelsOf(table: () => RoutingTable, contents: Contents, servers: Servers): Routing {
  const argumentsOf = argumentsFrom(contents);
  const driver = new ModelDriver({ table, argumentsOf });
  const person = personDriver(argumentsOf);
  return {
    driverFor: (contract) => {
      if (isAskContract(contract) || isQuestionContract(contract)) return person;
      return asksModel(contract) ? driver : servers.driverFor(contract);
    },
  };
}
