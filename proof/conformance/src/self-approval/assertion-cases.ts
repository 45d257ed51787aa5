import { type Tampering, TestPasskey } from '@ioi/law/testing';
import { type Case, isRefused } from './case.ts';
import type { Ground, Secrets } from './ground.ts';

async function challengeFor(ground: Ground, secrets: Secrets, hash = ground.high): Promise<string> {
  const asked = await ground.post('/api/challenge', { request_hash: hash }, { secrets });
  return String(asked.body['challenge']);
}

function send(ground: Ground, secrets: Secrets, assertion: object, request_hash = ground.high) {
  return ground.post('/api/approve', { request_hash, assertion }, { secrets });
}

/** Signed with the very key of the person's passkey, but not as it would sign. */
function tampered(name: string, tampering: (ground: Ground) => Tampering): Case {
  return {
    name: `assertion, ${name}`,
    attempt: async (ground) => {
      const secrets = await ground.session();
      const challenge = await challengeFor(ground, secrets);
      const assertion = await ground.assertionFor(challenge, tampering(ground));
      return isRefused(await send(ground, secrets, assertion));
    },
  };
}

function changed(name: string, change: (whole: Record<string, string>) => object): Case {
  return {
    name: `assertion, ${name}`,
    attempt: async (ground) => {
      const secrets = await ground.session();
      const whole = await ground.assertionFor(await challengeFor(ground, secrets));
      return isRefused(await send(ground, secrets, { ...whole, ...change(whole) }));
    },
  };
}

function flipped(text = ''): string {
  const bytes = Buffer.from(text, 'base64');
  bytes[bytes.length - 1]! ^= 1;
  return bytes.toString('base64');
}

export const ASSERTION_CASES: readonly Case[] = [
  tampered('user not verified', () => ({ flags: 0x01 })),
  tampered('user not present', () => ({ flags: 0x04 })),
  tampered('of another relying party', () => ({ rpId: 'example.com' })),
  tampered('on a page of another port', ({ port }) => ({ origin: `http://localhost:${port + 1}` })),
  tampered('on another page', () => ({ origin: 'https://example.com' })),
  tampered('in a frame', () => ({ clientData: { crossOrigin: true } })),
  tampered('of another ceremony', () => ({ type: 'webauthn.create' })),
  tampered('over another challenge', () => ({ challenge: 'A'.repeat(43) })),
  tampered('counting backwards', () => ({ counter: 1 })),
  tampered('that does not count', () => ({ counter: 0 })),
  changed('another signature', ({ signature }) => ({ signature: flipped(signature) })),
  changed('other data', (whole) => ({ authenticator_data: flipped(whole['authenticator_data']) })),
  changed('of another passkey', () => ({ credential_id: 'AAAA' })),
  {
    name: 'assertion, by a passkey nobody enrolled',
    attempt: async (ground) => {
      const secrets = await ground.session();
      const challenge = await challengeFor(ground, secrets);
      const own = new TestPasskey('ed25519', ground.origin);
      const digest = `sha256:${Buffer.from(challenge, 'base64url').toString('hex')}` as const;
      const { id } = await ground.copiedPasskey();
      const { authenticator_data, client_data, signature } = own.assert(digest);
      const assertion = { credential_id: id, authenticator_data, client_data, signature };
      return isRefused(await send(ground, secrets, assertion));
    },
  },
  {
    name: 'assertion, in another session than asked for it',
    attempt: async (ground) => {
      const challenge = await challengeFor(ground, await ground.session());
      const assertion = await ground.assertionFor(challenge);
      return isRefused(await send(ground, await ground.session(), assertion));
    },
  },
  {
    name: 'assertion, over another request',
    attempt: async (ground) => {
      const secrets = await ground.session();
      const challenge = await challengeFor(ground, secrets, ground.low);
      await challengeFor(ground, secrets, ground.high);
      const assertion = await ground.assertionFor(challenge);
      return isRefused(await send(ground, secrets, assertion, ground.high));
    },
  },
  {
    name: 'assertion, over a token that was asked for again',
    attempt: async (ground) => {
      const secrets = await ground.session();
      const challenge = await challengeFor(ground, secrets);
      await challengeFor(ground, secrets);
      const assertion = await ground.assertionFor(challenge);
      return isRefused(await send(ground, secrets, assertion));
    },
  },
  {
    name: 'assertion, one that unlocks instead of one that approves',
    attempt: async (ground) => {
      const secrets = await ground.session();
      await challengeFor(ground, secrets);
      const asked = await ground.post('/api/unlock/challenge', {}, { secrets });
      const assertion = await ground.assertionFor(String(asked.body['challenge']));
      return isRefused(await send(ground, secrets, assertion));
    },
  },
];
