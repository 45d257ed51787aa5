import { parseUrl, secureUrl } from '@ioi/basis';

/** What an organisation publishes, in the folder, at the address, in the repository. */
export const PUBLICATION = 'ioi-organisation.json';

export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'web'; readonly url: string }
  | { readonly kind: 'git'; readonly address: string };

/** `host:path` as git takes it for SSH; nothing that could be read as an option. */
const SCP_LIKE = /^[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-].*$/;
const GIT_SCHEME = /^git\+((?:https|ssh|file):\/\/[^-].*)$/;
const MOST_CHARACTERS = 2048;

/** Undefined where it is neither a folder, nor https (http on this machine), nor a repository. */
export function placeOf(source: string): Place | undefined {
  if (source.length > MOST_CHARACTERS || /[\0\r\n]/.test(source)) return undefined;
  const address = GIT_SCHEME.exec(source)?.[1];
  if (isTelling(address ?? source)) return undefined;
  if (address !== undefined) return { kind: 'git', address };
  const isBare = source.endsWith('.git') && /^(https:\/\/|ssh:\/\/|\/)/.test(source);
  if (isBare || source.startsWith('ssh://') || SCP_LIKE.test(source)) {
    return { kind: 'git', address: source };
  }
  if (source.startsWith('/')) return { kind: 'folder', path: source };
  const url = secureUrl(source)?.href;
  if (url === undefined) return undefined;
  return {
    kind: 'web',
    url: url.endsWith('.json') ? url : `${url.replace(/\/+$/, '')}/${PUBLICATION}`,
  };
}

/** A password in it, or a token as a user of https: whoever reads the status would read those. */
function isTelling(address: string): boolean {
  const { protocol, username, password } = parseUrl(address) ?? { password: '' };
  return password !== '' || (protocol === 'https:' && username !== '');
}
