import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import type { Evidence, Progress } from './evidence.ts';
import { whyNoNetwork } from './organisation/network.ts';
import { PARTITIONS, toldOf } from './organisation/partitions.ts';
import { Site } from './organisation/site.ts';

export type OrganisationOptions = {
  readonly nodes: number;
  readonly rounds: number;
  /** What is cut off is silent, and what is noticed only after a minute is waited for. */
  readonly isPatient: boolean;
  readonly onProgress?: Progress;
};

const WATCHED_MS = 250;

/**
 * An organisation whose nodes, bundle server, witness, relay, provider and collector are each on a
 * machine of their own, as network namespaces of one network that nobody else is on. Each of them
 * is cut off, and comes back.
 */
export async function runOrganisation(options: OrganisationOptions): Promise<Evidence> {
  const missing = whyNoNetwork();
  if (missing !== undefined) throw new Error(missing);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-org-')));
  const site = await Site.open(folder, options.nodes, options.isPatient);
  const findings: string[] = [];
  const over = new AbortController();
  const watching = watchVersions(site, findings, over.signal);
  try {
    await site.start();
    for (let round = 0; round < options.rounds; round += 1) {
      await takeAll(site, findings, options.onProgress);
    }
    over.abort();
    const looks = await watching;
    const { told, lost, twice } = await toldOf(site);
    if (lost > 0) findings.push(`${lost} events were never told`);
    return {
      findings,
      counts: {
        nodes: options.nodes,
        partitions: options.rounds * PARTITIONS.length,
        versions_published: site.published,
        versions_looked_at: looks,
        events_told: told,
        events_told_twice: twice,
        events_lost: lost,
      },
    };
  } finally {
    over.abort();
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takeAll(site: Site, findings: string[], onProgress?: Progress): Promise<void> {
  for (const [at, { name, take }] of PARTITIONS.entries()) {
    const found: string[] = [];
    const hold = (isSo: boolean, otherwise: string): void => {
      if (!isSo) found.push(`${name}: ${otherwise}`);
    };
    await take(site, hold).catch((fault: unknown) => {
      hold(false, fault instanceof Error ? fault.message : String(fault));
    });
    // What broke in one is no reason for the next.
    site.network.healAll();
    findings.push(...found);
    onProgress?.(at + 1, PARTITIONS.length, name, found);
  }
}

/** The version that a node holds never goes down. How often that was looked at. */
async function watchVersions(site: Site, findings: string[], signal: AbortSignal): Promise<number> {
  const highest = new Map<string, number>();
  let looks = 0;
  for await (const _ of setInterval(WATCHED_MS)) {
    if (signal.aborted) break;
    for (const member of site.members) {
      // Nothing is told by a node that is not up yet, or starts anew.
      const version = await member.version().catch(() => undefined);
      if (version === undefined) continue;
      const before = highest.get(member.name) ?? 0;
      if (version < before) findings.push(`${member.name} went from ${before} to ${version}`);
      highest.set(member.name, Math.max(before, version));
      looks += 1;
    }
  }
  return looks;
}
