import { createInterface } from 'node:readline';
import { digestBytes } from '@ioi/canon';
import type { DaemonApi } from './node-api.ts';

/** The text that a digest in the log stands for, out of an export: payloads come first in it. */
export async function payloadInExport(
  daemon: DaemonApi,
  digest: string,
): Promise<string | undefined> {
  const answer = await daemon.export();
  try {
    for await (const line of createInterface({ input: answer })) {
      const isPayload = line.startsWith('{"digest":') || line.startsWith('{"entries":');
      if (!isPayload) return undefined;
      const { digest: found, text } = JSON.parse(line) as { digest?: unknown; text?: unknown };
      if (found === digest && typeof text === 'string' && digestBytes(text) === digest) return text;
    }
    return undefined;
  } finally {
    answer.destroy();
  }
}
