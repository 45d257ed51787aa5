import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jsonLines } from '../core/audit/outgoing.ts';
import { messageOf } from '../shell/fault.ts';
import { keepNames } from '../shell/keep-names.ts';
import { NotTaken, type Receiver } from './receiver.ts';

const OWN = 0o600;
const LINE_END = 0x0a;

/** Appends, and is on the disk when it returns; opened each time, so that others may rotate it. */
export function fileReceiver(path: string): Receiver {
  return {
    send: async (events) => {
      const file = await open(path, 'a+', OWN).catch(notTaken);
      try {
        await appendWhole(file, jsonLines(events), path);
      } catch (fault) {
        notTaken(fault);
      } finally {
        await file.close();
      }
    },
    close: async () => {},
  };
}

/** All of it or nothing; behind a line that somebody was interrupted in, on a line of its own. */
async function appendWhole(file: FileHandle, text: string, path: string): Promise<void> {
  const { size } = await file.stat();
  const isTorn = size > 0 && (await lastByte(file, size)) !== LINE_END;
  try {
    await file.appendFile(isTorn ? `\n${text}` : text);
    await file.sync();
  } catch (fault) {
    await file.truncate(size);
    throw fault;
  }
  if (size === 0) keepNames(dirname(path));
}

async function lastByte(file: FileHandle, size: number): Promise<number | undefined> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0];
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
