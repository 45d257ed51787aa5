import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { WEB_SERVER } from '@ioi/law';

export const KINDS = [
  'bearer',
  'header',
  'basic',
  'sigv4',
  'webhook',
  'oauth',
  'evm_key',
  'ssh_key',
] as const;
export type Kind = (typeof KINDS)[number];

/** One secret as an owner puts it, and which texts of it nobody may read. */
export type Planted = {
  readonly at: number;
  readonly kind: Kind;
  /** Name of the connector it is for. */
  readonly server: string;
  readonly name: string;
  readonly about: Readonly<Record<string, string>>;
  readonly material: string;
  readonly hidden: readonly string[];
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 40 letters of chance. */
function word(): string {
  return Array.from(randomBytes(40), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

export function plant(at: number): Planted {
  const kind = KINDS[at % KINDS.length] as Kind;
  const made = MAKERS[kind]();
  return { at, kind, server: `c${at}`, name: `s${at}`, ...made };
}

/** One that a program in a sandbox uses, by a placeholder. */
export function plantForProgram(at: number): Planted {
  return { at, kind: 'bearer', server: WEB_SERVER, name: `s${at}`, ...MAKERS.bearer() };
}

type Made = Pick<Planted, 'material' | 'hidden' | 'about'>;

const MAKERS: Readonly<Record<Kind, () => Made>> = {
  bearer: () => whole({}),
  header: () => whole({ header: 'x-api-key' }),
  basic: () => {
    const password = `${word()}/+"&%`;
    return json({ username: 'planted', password }, [password]);
  },
  sigv4: () => {
    const [secret, token] = [word(), word()];
    const keys = { access_key_id: 'AKIAPLANTED0EXAMPLE1', secret_access_key: secret };
    const about = { region: 'eu-west-1', service: 'execute-api' };
    return { ...json({ ...keys, session_token: token }, [secret, token]), about };
  },
  webhook: () => {
    const secret = word();
    const about = { header: 'x-hub-signature-256', algorithm: 'sha256' };
    return { ...json({ secret }, [secret]), about };
  },
  oauth: () => {
    const [access, refresh] = [word(), word()];
    const tokens = { access_token: access, token_type: 'bearer', refresh_token: refresh };
    return json({ tokens }, [access, refresh]);
  },
  evm_key: () => {
    const key = randomBytes(32).toString('hex');
    return { material: key, hidden: [key], about: {} };
  },
  ssh_key: () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const [, line = ''] = pem.split('\n');
    const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    // What comes before is the same in every key.
    const hidden = [line.slice(24), seed.toString('base64url'), seed.toString('hex')];
    return { material: pem, hidden, about: {} };
  },
};

function whole(about: Made['about']): Made {
  const secret = word();
  return { material: secret, hidden: [secret], about };
}

function json(fields: object, hidden: readonly string[]): Made {
  return { material: JSON.stringify(fields), hidden, about: {} };
}
