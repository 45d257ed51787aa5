import type { VerifiedSeal } from '@ioi/law';

/** The newest note, the newest one with both signatures, the newest verified seal. */
export type Latest = { note: string; cosigned: string; seal: VerifiedSeal | undefined };
