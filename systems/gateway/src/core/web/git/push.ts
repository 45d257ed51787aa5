/** One ref of a repository, from what to what. Object names are hex digits. */
export type RefUpdate = {
  readonly ref: string;
  /** All zeros where the ref is new. */
  readonly old: string;
  /** All zeros where it is deleted. */
  readonly new: string;
};

/**
 * `update`: the new commit is shown to descend from the old. `force`: shown not to. `unproven`:
 * what was sent shows neither, and is treated as forced.
 */
export type RefChange = RefUpdate & {
  readonly change: 'create' | 'update' | 'delete' | 'force' | 'unproven';
};

/** What a push would do to a repository, read from its own bytes. */
export type Push = {
  readonly updates: readonly RefChange[];
  /** Words for the server, such as `ci.skip`. */
  readonly options: readonly string[];
  readonly commits: {
    readonly count: number;
    /** The first of them, by name. */
    readonly ids: readonly string[];
    /** How many carry no signature. */
    readonly unsigned: number;
    /** Why there may be more than were seen; absent where there are not. */
    readonly not_inspected?: string;
  };
};

/** What git says to a repository that takes pushes. */
export type PushRequest =
  /** Nothing yet: it looks whether it may. */
  { readonly kind: 'probe' } | { readonly kind: 'push'; readonly push: Push };

const SERVICE = 'git-receive-pack';
const MEDIA_TYPE = /^application\/x-git-receive-pack-request\b/i;
const ESCAPE = /%([0-9a-f]{2})/gi;
const PLAIN_WORD = /^[A-Za-z0-9_./:@%+,-]+$/;

/** Whether a server that speaks git would take it for a push, by its address or its kind. */
export function looksLikePush(pathname: string, mediaTypes: readonly string[]): boolean {
  return decoded(pathname).toLowerCase().includes(SERVICE) || mediaTypes.some(isPushType);
}

function isPushType(mediaType: string): boolean {
  return MEDIA_TYPE.test(mediaType.trim());
}

/**
 * What could make it another address to some server: empty components and those of dots, parameters
 * of one, and letters in percent signs that have no need of them, separators and controls.
 */
const DOUBTFUL =
  /\/\/|\/\.{1,2}(\/|$)|;|%([01][0-9a-f]|2[35def]|3[0-9bf]|[46][1-9a-f]|[57][0-9a]|5[cf]|7[ef])/i;

type Address = { readonly pathname: string; readonly search: string };

/**
 * Whether every server takes this address of a push for the same repository: it ends in the name of
 * the service, which is not in it twice, and nothing in it can be read in two ways.
 */
export function isPlainAddress({ pathname, search }: Address): boolean {
  const own = `/${SERVICE}`;
  const isOnce = pathname.toLowerCase().indexOf(SERVICE) === pathname.length - SERVICE.length;
  return (
    pathname.endsWith(own) &&
    isOnce &&
    search === '' &&
    !DOUBTFUL.test(pathname) &&
    isText(pathname)
  );
}

/** What a remote of git is called, by a plain address of a push to it. */
export function repositoryOf(url: string): string {
  return url.slice(0, -SERVICE.length - 1);
}

/**
 * The same as commands of git, one for each ref, so that a rule over commands says of a push on
 * the wire what it says of one in a shell. `--unsigned` is no option of git: a commit without a
 * signature was sent, or may have been; so with `--unreceipted`, of which no log tells. Words for
 * the server stand last: none of them is where a rule looks for the repository or the ref.
 */
export function commandOf(
  { updates, options: words, commits }: Push,
  { repository, isReceipted }: { readonly repository: string; readonly isReceipted: boolean },
): string {
  const isUnsigned = commits.unsigned > 0 || commits.not_inspected !== undefined;
  const lines = updates.map(({ ref, change }) => {
    const options = [
      ...(change === 'force' || change === 'unproven' ? ['--force'] : []),
      ...(change === 'delete' ? ['--delete'] : []),
      ...(isUnsigned ? ['--unsigned'] : []),
      ...(isReceipted ? [] : ['--unreceipted']),
    ];
    const told = words.map((word) => quoted(`--push-option=${word}`));
    return ['git', 'push', ...options, quoted(repository), quoted(ref), ...told].join(' ');
  });
  return lines.join(' && ');
}

function quoted(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function isText(pathname: string): boolean {
  try {
    return decodeURIComponent(pathname) !== '';
  } catch {
    return false;
  }
}

/** Byte for byte, as often as it can be: a server may decode what another in front of it did. */
function decoded(pathname: string): string {
  let from: string;
  let to = pathname;
  do {
    from = to;
    to = from.replaceAll(ESCAPE, (_, byte) => String.fromCharCode(Number.parseInt(byte, 16)));
  } while (to !== from);
  return to;
}
