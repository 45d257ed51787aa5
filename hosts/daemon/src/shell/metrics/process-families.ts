import type { Family } from '../../core/index.ts';
import { counter, gauge } from './families.ts';
import type { LoopDelay } from './loop-delay.ts';

/** Of the daemon's process; names that other programs use for the same are kept. */
export function processFamilies(delay: LoopDelay): Family[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const delays = delay.now();
  return [
    gauge('process_resident_memory_bytes', 'Memory of the daemon, all threads.', rss),
    gauge('ioi_heap_used_bytes', 'Objects of its main thread.', heapUsed),
    gauge('ioi_external_bytes', 'Buffers of its main thread.', external),
    counter('process_cpu_seconds_total', 'Processor time since it started.', [
      { value: (user + system) / 1e6 },
    ]),
    gauge(
      'process_start_time_seconds',
      'When it started, since 1970; counters begin then.',
      performance.timeOrigin / 1000,
    ),
    {
      name: 'ioi_event_loop_delay_seconds',
      kind: 'gauge',
      help: 'How late its turns were within a minute; absent when it is first asked for.',
      samples: delays.map(({ of, seconds }) => ({ labels: { of }, value: seconds })),
    },
  ];
}
