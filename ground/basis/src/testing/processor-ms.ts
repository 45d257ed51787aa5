/**
 * What some work costs of the processor, in milliseconds: for bounds that are to tell work that
 * never ends from work that does. Time in which the machine gave this process nothing is none.
 */
export async function processorMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
