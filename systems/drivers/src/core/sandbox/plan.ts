/** What a sandbox shows of the machine. All paths absolute, without links, and there. */
export type SandboxPlan = {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Empty, wherever they lie; a file reads as nothing. Not even `write` shows them. */
  readonly hiddenFolders: readonly string[];
  readonly hiddenFiles: readonly string[];
  /** Readable only, although they lie in what may be written. */
  readonly frozen: readonly string[];
  /** Copies that stand in for folders which may be written, or for what is frozen in them. */
  readonly standIns?: readonly { readonly from: string; readonly to: string }[];
  readonly home: string;
  /** What stands there; a file system in memory unless given. */
  readonly homeFrom?: string;
  /** Of those outside, which are found at which path inside. */
  readonly sockets?: readonly { readonly from: string; readonly to: string }[];
  /** It keeps the terminal it is started at. */
  readonly hasTerminal?: true;
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
};

/** Where programs, libraries and what they need to run lie. */
export const SYSTEM_PATHS: readonly string[] = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/nix/store',
  ...[
    'alternatives',
    'ca-certificates',
    'ca-certificates.conf',
    'debian_version',
    'fonts',
    'group',
    'hosts',
    'ld.so.cache',
    'ld.so.conf',
    'ld.so.conf.d',
    'localtime',
    'mime.types',
    'nsswitch.conf',
    'os-release',
    'passwd',
    'pki',
    'protocols',
    'resolv.conf',
    'services',
    'ssl/certs',
    'ssl/openssl.cnf',
    'timezone',
  ].map((name) => `/etc/${name}`),
];

/** Below a home: what lets its owner in elsewhere. */
export const CREDENTIAL_PATHS: readonly string[] = [
  '.aws',
  '.azure',
  '.cargo/credentials.toml',
  '.config/gcloud',
  '.config/gh',
  '.config/op',
  '.config/rclone',
  '.docker',
  '.git-credentials',
  '.gnupg',
  '.kube',
  '.local/share/keyrings',
  '.mozilla',
  '.netrc',
  '.npmrc',
  '.password-store',
  '.pgpass',
  '.pypirc',
  '.ssh',
  '.terraform.d',
];

/**
 * Below what may be written: what git and editors run later, outside. All of `.git`, since much in
 * it leads to a program (`config`, `commondir`, `modules`, an index that names another repository);
 * the parts are for whoever names `.git` as written.
 */
export const RUN_LATER: readonly string[] = [
  '.git',
  '.git/config',
  '.git/hooks',
  '.envrc',
  '.vscode',
  '.idea',
];

/** Of those, folders that are made where they are missing: else a program could make them. */
export const MADE_TO_STAY: readonly string[] = ['.git', '.git/hooks', '.vscode', '.idea'];

/** Whether a path is another, or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
