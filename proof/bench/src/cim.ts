import { scan } from '@ioi/law';
import { labelledTexts } from '@ioi/law/testing';
import { median } from './measure.ts';
import { missingPeer, peerModule } from './peers.ts';
import type { Report } from './report.ts';

const PEER = '@arcjet/redact';
const MEGABYTE = 1_000_000;
const ROUNDS = 15;
/** The peer is two orders slower: a smaller piece of the same text says as much. */
const PEER_BYTES = 50_000;
const PEER_ROUNDS = 3;

const PROSE =
  'The committee met on Tuesday and went through the list of open questions, one after the ' +
  'other. Nobody objected to the second proposal, although its numbers had changed since May: ' +
  '1,204 visitors in 2023, 1,377 in 2024, at 12.50 each. Minutes: /srv/minutes/2024-05.txt.\n';

type Redact = (text: string) => Promise<readonly [string, unknown]>;

/** Megabytes of text a second of processor time through all detectors, in one thread. */
export async function run(report: Report): Promise<void> {
  const dense = repeated(labelledTexts('held_out', 2000, 3).map(({ text }) => `${text}\n`));
  const sparse = repeated([PROSE]);
  const disguised = dense.replaceAll('.', '\uff0e');
  const ours = rate(dense, ROUNDS);
  report.note(
    `by processor time; texts of 2 MB, ${scan(dense).length} findings where they are dense`,
  );
  const theirs = await peerRate(report, dense.slice(0, PEER_BYTES));
  report.figure({
    figure: 'mb_per_s',
    value: ours,
    unit: 'MB/s',
    target: { op: '>=', value: 20 },
    ...(theirs && { peer: { name: PEER, value: theirs, ratio: ours / theirs } }),
  });
  report.figure({ figure: 'prose_mb_per_s', value: rate(sparse, ROUNDS), unit: 'MB/s' });
  report.figure({ figure: 'disguised_mb_per_s', value: rate(disguised, ROUNDS), unit: 'MB/s' });
}

function repeated(texts: readonly string[]): string {
  const once = texts.join('');
  return once.repeat(Math.ceil((2 * MEGABYTE) / once.length)).slice(0, 2 * MEGABYTE);
}

function rate(text: string, rounds: number): number {
  scan(text);
  const times = Array.from({ length: rounds }, () => {
    const start = process.cpuUsage();
    scan(text);
    return spentMs(start);
  });
  return Buffer.byteLength(text) / MEGABYTE / (median(times) / 1000);
}

/** Processor time of this process since then: what else the machine does counts for neither. */
function spentMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** It redacts e-mail, phones, cards and IP addresses, so it does less. */
async function peerRate(report: Report, text: string): Promise<number | undefined> {
  const missing = missingPeer(PEER);
  if (missing !== undefined) {
    report.note(`${PEER} not measured: ${missing}`);
    return undefined;
  }
  const { redact } = (await import(peerModule(PEER))) as { redact: Redact };
  await redact(text.slice(0, 1000));
  const times: number[] = [];
  for (let round = 0; round < PEER_ROUNDS; round++) {
    const start = process.cpuUsage();
    await redact(text);
    times.push(spentMs(start));
  }
  return Buffer.byteLength(text) / MEGABYTE / (median(times) / 1000);
}
