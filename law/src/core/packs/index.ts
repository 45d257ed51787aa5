import { codingAgent, codingAgentV2 } from './coding-agent.ts';
import type { Pack } from './pack.ts';
import { readOnlyEmail } from './read-only-email.ts';
import { researchSafe } from './research-safe.ts';
import { safeBanking } from './safe-banking.ts';

export { isExecutedLater } from './executed-later.ts';
export type { Pack } from './pack.ts';

/** Policies that come with the program, by name. */
export const packs: readonly Pack[] = [
  codingAgent,
  codingAgentV2,
  readOnlyEmail,
  researchSafe,
  safeBanking,
];
