import { asksModel, isAskContract } from '@ioi/law';
import type { RoutingTable } from '@ioi/workers';
import { ModelDriver } from '@ioi/workers/shell';
import type { BoundaryOptions } from '../boundary.ts';
import type { Contents } from '../contents.ts';
import { askDriver } from '../graphs/ask-driver.ts';
import { argumentsFrom } from '../mcp/mounted-server.ts';
import type { Servers } from '../mcp/servers.ts';

type Routing = { readonly driverFor: BoundaryOptions['driverFor'] };

/** What performs an act: models by their routes, questions by a person, all else by the servers. */
export function modelsOf(table: () => RoutingTable, contents: Contents, servers: Servers): Routing {
  const driver = new ModelDriver({ table, argumentsOf: argumentsFrom(contents) });
  const person = askDriver();
  return {
    driverFor: (contract) => {
      if (isAskContract(contract)) return person;
      return asksModel(contract) ? driver : servers.driverFor(contract);
    },
  };
}
