import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifierRegistry } from '@ioi/crypto';
import { holdIdentity } from '@ioi/law';
import type { OwnerIdentity, PhraseAnswer, PhraseJob } from '@ioi/protocol';
import { exitOfProblem } from '../core/exit-codes.ts';
import { CommandFault, messageOf } from './fault.ts';
import type { Home } from './home.ts';
import { entries } from './installation.ts';
import { runJob } from './run-job.ts';

type Answer<K extends PhraseAnswer['kind']> = Extract<PhraseAnswer, { kind: K }>;

/** One job of the program that knows phrases; what it refuses is a fault with its code. */
export async function askPhraseProgram<K extends PhraseAnswer['kind']>(
  { guardian }: Home,
  job: PhraseJob,
  kind: K,
): Promise<Answer<K>> {
  const { answer, lines } = await runJob<PhraseAnswer>(entries.phrase, guardian, job);
  if (answer?.kind === kind) return answer as Answer<K>;
  if (answer?.kind === 'refused') {
    const { code, message } = answer;
    throw new CommandFault({ exit: exitOfProblem(code), code, message });
  }
  const message = 'the program for recovery phrases ended without an answer';
  throw new CommandFault({ exit: 'unexpected', code: 'phrase.program', message, lines });
}

/** The identity kept in this home, as its owner signed it; undefined where there is none yet. */
export function identityIn({ guardian }: Home): OwnerIdentity | undefined {
  const path = join(guardian, 'identity.json');
  if (!existsSync(path)) return undefined;
  const held = holdIdentity(jsonIn(path), verifierRegistry());
  if (held.ok) return held.value;
  const { code, message } = held.error;
  throw new CommandFault({ exit: 'unverified', code, message: `${path}: ${message}` });
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (fault) {
    const message = `${path} cannot be read: ${messageOf(fault)}`;
    throw new CommandFault({ exit: 'unverified', code: 'identity.malformed', message });
  }
}
