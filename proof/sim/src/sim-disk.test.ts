import { SqliteStore } from '@ioi/agentgres/shell';
import { storeSuite } from '@ioi/agentgres/testing';
import { Chance } from './chance.ts';
import { Schedule } from './schedule.ts';
import { SimDisk } from './sim-disk.ts';
import { SimProcess } from './sim-process.ts';
import { Trace } from './trace.ts';

storeSuite('sqlite over a simulated disk', () => {
  const chance = new Chance('store suite');
  const disk = new SimDisk(chance, new Trace(new Schedule(chance)));
  const files = disk.files(new SimProcess('test'));
  let openers = 0;
  const store = () => {
    openers += 1;
    return new SqliteStore('data', { files, claim: `opener ${openers}` });
  };
  return {
    open: async () => store(),
    reopen: async (held, beside) => {
      if (!beside) await held.close();
      return store();
    },
  };
});
