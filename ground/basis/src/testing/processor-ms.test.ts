import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from './processor-ms.ts';

test('work counts, waiting does not', async () => {
  const waited = await processorMs(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  ok(waited < 900, `${waited} ms`);
  const worked = await processorMs(() => {
    const end = performance.now() + 50;
    for (let cpu = process.cpuUsage(); performance.now() < end || cpu.user === 0; ) {
      cpu = process.cpuUsage(cpu);
    }
  });
  ok(worked > 0, `${worked} ms`);
});
