import { until } from '@ioi/basis/testing';
import { activationOf } from '@ioi/kit';
import { type Tampering, TestPasskey } from '@ioi/law/testing';
import { type Case, isRefused } from './case.ts';
import type { Ground, Secrets, Told } from './ground.ts';

/** That all but BLOCK rules is let pass, signed with the owner's own passphrase. */
async function signedPause({ node }: Ground, policy_id = 'open'): Promise<string> {
  const rule = { rule_id: 'all', target: 'fs::*', conditions: {}, action: 'ALLOW' };
  const policy = JSON.stringify({ policy_id, mode: 'observe', rules: [rule] });
  // Guesses of others lock it for a moment.
  return until('it is signed', async () => {
    const { body } = await node.guardianApi('POST', '/policy/activate', activationOf(policy));
    return typeof body['confirm'] === 'string' && body['confirm'];
  });
}

async function stepUpChallenge(
  ground: Ground,
  secrets: Secrets,
  request_hash: string,
): Promise<string> {
  const asked = await ground.post('/api/step-up/challenge', { request_hash }, { secrets });
  return String(asked.body['challenge']);
}

type Attack = { readonly ground: Ground; readonly secrets: Secrets; readonly hash: string };

/** By whoever read the passphrase of the owner, and has not their passkey. */
function stepUp(name: string, attack: (at: Attack) => Promise<Told>): Case {
  return {
    name: `step-up, ${name}`,
    attempt: async (ground) => {
      const secrets = await ground.session();
      const hash = await signedPause(ground);
      const told = await attack({ ground, secrets, hash });
      const { body } = await ground.post('/api/inbox', {}, { secrets });
      const { request_hash } = (body['step_up'] ?? {}) as { request_hash?: string };
      await ground.post('/api/step-up/leave', { request_hash }, { secrets });
      return isRefused(told);
    },
  };
}

function confirm({ ground, secrets }: Attack, request_hash: string, assertion: object) {
  return ground.post('/api/step-up/confirm', { request_hash, assertion }, { secrets });
}

/** Signed with the very key of the person's passkey, but not as it would sign. */
function tampered(name: string, tampering: Tampering): Case {
  return stepUp(name, async (at) => {
    const challenge = await stepUpChallenge(at.ground, at.secrets, at.hash);
    return confirm(at, at.hash, await at.ground.assertionFor(challenge, tampering));
  });
}

/** What the passkey signed for something else on the same page. */
function signedFor(name: string, path: string, body: (ground: Ground) => object): Case {
  return stepUp(name, async (at) => {
    const { ground, secrets, hash } = at;
    const asked = await ground.post(path, body(ground), { secrets });
    return confirm(at, hash, await ground.assertionFor(String(asked.body['challenge'])));
  });
}

export const STEP_UP_CASES: readonly Case[] = [
  stepUp('nothing but the passphrase', async () => ({ status: 0, body: {} })),
  stepUp('an assertion of nothing', (at) => confirm(at, at.hash, {})),
  tampered('user not verified', { flags: 0x01 }),
  tampered('user not present', { flags: 0x04 }),
  tampered('on another page', { origin: 'https://example.com' }),
  tampered('in a frame', { clientData: { crossOrigin: true } }),
  tampered('over another challenge', { challenge: 'A'.repeat(43) }),
  tampered('counting backwards', { counter: 1 }),
  signedFor('by what approves a request', '/api/challenge', ({ high }) => ({
    request_hash: high,
  })),
  signedFor('by what unlocks the page', '/api/unlock/challenge', () => ({})),
  stepUp('by a passkey nobody enrolled', async (at) => {
    const challenge = await stepUpChallenge(at.ground, at.secrets, at.hash);
    const own = new TestPasskey('ed25519', at.ground.origin);
    const digest = `sha256:${Buffer.from(challenge, 'base64url').toString('hex')}` as const;
    const { id } = await at.ground.copiedPasskey();
    return confirm(at, at.hash, { ...own.assert(digest), credential_id: id });
  }),
  stepUp('one policy by what confirms another', async (at) => {
    const challenge = await stepUpChallenge(at.ground, at.secrets, at.hash);
    const other = await signedPause(at.ground, 'other');
    return confirm(at, other, await at.ground.assertionFor(challenge));
  }),
  stepUp('what another took the place of', async (at) => {
    const challenge = await stepUpChallenge(at.ground, at.secrets, at.hash);
    await signedPause(at.ground, 'other');
    return confirm(at, at.hash, await at.ground.assertionFor(challenge));
  }),
  stepUp('what was left', async (at) => {
    const { ground, secrets, hash } = at;
    const challenge = await stepUpChallenge(ground, secrets, hash);
    await ground.post('/api/step-up/leave', { request_hash: hash }, { secrets });
    return confirm(at, hash, await ground.assertionFor(challenge));
  }),
  stepUp('a request by what confirms it', async ({ ground, secrets, hash }) => {
    await ground.post('/api/challenge', { request_hash: ground.high }, { secrets });
    const assertion = await ground.assertionFor(await stepUpChallenge(ground, secrets, hash));
    return ground.post('/api/approve', { request_hash: ground.high, assertion }, { secrets });
  }),
  stepUp('on the page of other devices', ({ ground, hash }) =>
    ground.post('/api/step-up/challenge', { request_hash: hash }, { origin: ground.deviceOrigin }),
  ),
  stepUp('by way of the daemon', ({ ground, hash }) =>
    ground.node.api('POST', '/api/step-up/confirm', { request_hash: hash, assertion: {} }),
  ),
  stepUp('by the socket of the guardian', ({ ground, hash }) =>
    ground.node.guardianApi('POST', '/api/step-up/confirm', { request_hash: hash }),
  ),
];

/** After what the person approved: the same passkey has counted on. */
export async function pausedByPerson(ground: Ground): Promise<boolean> {
  const secrets = await ground.session();
  const hash = await signedPause(ground);
  const copied = await ground.copiedPasskey();
  copied.passkey.counter += 1;
  const challenge = await stepUpChallenge(ground, secrets, hash);
  const assertion = await ground.assertionFor(challenge, {}, Promise.resolve(copied));
  const body = { request_hash: hash, assertion };
  const told = await ground.post('/api/step-up/confirm', body, { secrets });
  return told.status === 200 && (await ground.isObserving());
}
