import type { LogWriter } from '@ioi/agentgres/shell';
import type { ProposedOperation } from '@ioi/law';

export type Load = { readonly writers: number; readonly next: (at: number) => ProposedOperation };

/** Closed loop: every writer has one operation under way. Milliseconds each waited. */
export async function load(writer: LogWriter, count: number, { writers, next }: Load) {
  let at = 0;
  const waits: number[] = [];
  const start = performance.now();
  const one = async (): Promise<void> => {
    while (at < count) {
      const operation = next(at);
      at += 1;
      const asked = performance.now();
      await must(writer, operation);
      waits.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: writers }, one));
  return { perSecond: count / ((performance.now() - start) / 1000), waits };
}

export async function must(writer: LogWriter, operation: ProposedOperation): Promise<void> {
  const submitted = await writer.submit(operation);
  if (!submitted.ok) throw new Error(`${submitted.error.code}: ${submitted.error.message}`);
}
