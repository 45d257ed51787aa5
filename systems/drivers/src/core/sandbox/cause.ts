/** Why a sandbox cannot be had here, and the least that would change it. */
export type SandboxRefusal = { readonly cause: string; readonly fix: string };

/** What was seen of the machine when a trial failed. */
export type Seen = {
  /** What the trial said, empty when the program is missing. */
  readonly words: string;
  readonly isMissing: boolean;
  readonly platform: string;
  /** Of files below `/proc/sys`, trimmed; undefined where there is none. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly isContainer: boolean;
};

/** Files below `/proc/sys` that say who may make namespaces. */
export const SETTINGS = {
  clone: 'kernel/unprivileged_userns_clone',
  most: 'user/max_user_namespaces',
  apparmor: 'kernel/apparmor_restrict_unprivileged_userns',
} as const;

/** Names the cause; of several the one that is sure. */
export function refusalOf(seen: Seen): SandboxRefusal {
  const { settings } = seen;
  if (seen.platform !== 'linux') {
    return { cause: `bubblewrap is for Linux, and this is ${seen.platform}`, fix: NOTHING };
  }
  if (seen.isMissing) {
    return {
      cause: 'bubblewrap is not installed',
      fix: 'apt-get install bubblewrap, dnf install bubblewrap, or pacman -S bubblewrap',
    };
  }
  if (settings[SETTINGS.clone] === '0') {
    return {
      cause: `this system lets nobody make user namespaces (${SETTINGS.clone} is 0)`,
      fix: 'sysctl -w kernel.unprivileged_userns_clone=1, and the same in /etc/sysctl.d',
    };
  }
  if (settings[SETTINGS.most] === '0') {
    return {
      cause: `this system allows no user namespaces (${SETTINGS.most} is 0)`,
      fix: 'sysctl -w user.max_user_namespaces=10000, and the same in /etc/sysctl.d',
    };
  }
  if (settings[SETTINGS.apparmor] === '1') {
    return {
      cause: 'AppArmor keeps programs from user namespaces unless a profile lets them',
      fix:
        'give bwrap alone a profile: put "abi <abi/4.0>, profile bwrap /usr/bin/bwrap ' +
        'flags=(unconfined) { userns, }" into /etc/apparmor.d/bwrap, then apparmor_parser -r it',
    };
  }
  if (seen.isContainer) {
    return {
      cause: `the container that this runs in refuses namespaces: ${seen.words}`,
      fix: 'start the container with a seccomp profile that allows unshare, clone and mount',
    };
  }
  return { cause: `a trial sandbox failed: ${seen.words}`, fix: NOTHING };
}

const NOTHING = 'without one, leave the manifest out: then nothing bounds the server but its tools';
