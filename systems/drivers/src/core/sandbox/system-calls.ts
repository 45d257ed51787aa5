/** Numbers of the calls that are refused, and of those whose arguments are looked at. */
export type CallTable = {
  /** As the kernel names the machine (`AUDIT_ARCH_*`). */
  readonly machine: number;
  readonly denied: readonly number[];
  readonly clone: number;
  readonly clone3: number;
  readonly ioctl: number;
  readonly socket: number;
  /** Its structure lies in memory; programs fall back to `openat`. */
  readonly openat2: number;
  /** Those that give a file its rights. */
  readonly rights: readonly RightsCall[];
  /** Calls from here on are those of another calling convention. */
  readonly foreignFrom?: number;
};

/** At which arguments the rights stand, and what says whether they count, where that is one. */
export type RightsCall = {
  readonly number: number;
  readonly rights: number;
  readonly flags?: number;
};

/** By name and number on x64 and arm64 (linux/arch tables); undefined where there is none. */
const CALLS: readonly (readonly [string, number | undefined, number | undefined])[] = [
  // Other processes and their memory.
  ['ptrace', 101, 117],
  ['process_vm_readv', 310, 270],
  ['process_vm_writev', 311, 271],
  ['kcmp', 312, 272],
  ['pidfd_getfd', 438, 438],
  ['process_madvise', 440, 440],
  // Parts of the kernel whose faults have let sandboxes be left.
  ['bpf', 321, 280],
  ['perf_event_open', 298, 241],
  ['userfaultfd', 323, 282],
  ['io_uring_setup', 425, 425],
  ['io_uring_enter', 426, 426],
  ['io_uring_register', 427, 427],
  ['add_key', 248, 217],
  ['request_key', 249, 218],
  ['keyctl', 250, 219],
  // Other views of the disk.
  ['mount', 165, 40],
  ['umount2', 166, 39],
  ['pivot_root', 155, 41],
  ['chroot', 161, 51],
  ['open_tree', 428, 428],
  ['open_tree_attr', 467, 467],
  ['move_mount', 429, 429],
  ['fsopen', 430, 430],
  ['fsconfig', 431, 431],
  ['fsmount', 432, 432],
  ['fspick', 433, 433],
  ['mount_setattr', 442, 442],
  ['name_to_handle_at', 303, 264],
  ['open_by_handle_at', 304, 265],
  // Other namespaces.
  ['unshare', 272, 97],
  ['setns', 308, 268],
  // The machine itself.
  ['kexec_load', 246, 104],
  ['kexec_file_load', 320, 294],
  ['init_module', 175, 105],
  ['finit_module', 313, 273],
  ['delete_module', 176, 106],
  ['swapon', 167, 224],
  ['swapoff', 168, 225],
  ['reboot', 169, 142],
  ['syslog', 103, 116],
  ['acct', 163, 89],
  ['quotactl', 179, 60],
  ['quotactl_fd', 443, 443],
  ['settimeofday', 164, 170],
  ['clock_settime', 227, 112],
  ['adjtimex', 159, 171],
  ['clock_adjtime', 305, 266],
  ['sethostname', 170, 161],
  ['setdomainname', 171, 162],
  ['vhangup', 153, 58],
  ['lookup_dcookie', 212, 18],
  ['nfsservctl', 180, 42],
  ['modify_ldt', 154, undefined],
  ['iopl', 172, undefined],
  ['ioperm', 173, undefined],
  ['uselib', 134, undefined],
  ['ustat', 136, undefined],
  ['sysfs', 139, undefined],
  ['_sysctl', 156, undefined],
];

export const DENIED_CALLS: readonly string[] = CALLS.map(([name]) => name);

const numbered = (column: 1 | 2): number[] =>
  CALLS.flatMap((call) => (call[column] === undefined ? [] : [call[column]]));

/** By Node's name of the processor. */
export const CALL_TABLES: { readonly [processor: string]: CallTable } = {
  x64: {
    machine: 0xc000003e,
    denied: numbered(1),
    clone: 56,
    clone3: 435,
    ioctl: 16,
    socket: 41,
    openat2: 437,
    rights: [
      { number: 90, rights: 1 },
      { number: 91, rights: 1 },
      { number: 268, rights: 2 },
      { number: 452, rights: 2 },
      { number: 85, rights: 1 },
      { number: 133, rights: 1 },
      { number: 259, rights: 2 },
      { number: 2, rights: 2, flags: 1 },
      { number: 257, rights: 3, flags: 2 },
    ],
    foreignFrom: 0x40000000,
  },
  arm64: {
    machine: 0xc00000b7,
    denied: numbered(2),
    clone: 220,
    clone3: 435,
    ioctl: 29,
    socket: 198,
    openat2: 437,
    rights: [
      { number: 52, rights: 1 },
      { number: 53, rights: 2 },
      { number: 452, rights: 2 },
      { number: 33, rights: 2 },
      { number: 56, rights: 3, flags: 2 },
    ],
  },
};
