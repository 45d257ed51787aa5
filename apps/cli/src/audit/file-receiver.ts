import { open } from 'node:fs/promises';
import { jsonLines } from '../core/audit/outgoing.ts';
import { messageOf } from '../shell/fault.ts';
import { NotTaken, type Receiver } from './receiver.ts';

const OWN = 0o600;

/** Appends, and is on the disk when it returns; opened each time, so that others may rotate it. */
export function fileReceiver(path: string): Receiver {
  return {
    send: async (events) => {
      const file = await open(path, 'a', OWN).catch(notTaken);
      try {
        await file.appendFile(jsonLines(events));
        await file.sync();
      } catch (fault) {
        notTaken(fault);
      } finally {
        await file.close();
      }
    },
    close: async () => {},
  };
}

function notTaken(fault: unknown): never {
  throw new NotTaken(messageOf(fault));
}

/** For whoever reads standard output; it is taken when the pipe took it. */
export function outputReceiver(stream: NodeJS.WritableStream): Receiver {
  return {
    send: (events) =>
      new Promise((resolve, reject) => {
        stream.write(jsonLines(events), (fault) => (fault ? reject(fault) : resolve()));
      }),
    close: async () => {},
  };
}
