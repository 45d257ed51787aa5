import type { CallTable, RightsCall } from './system-calls.ts';

/** One instruction of classic BPF: what to do, how far to go on when it holds and when not. */
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

const LOAD = 0x20;
const IS = 0x15;
const AT_LEAST = 0x35;
const HAS_ANY = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const ERROR = 0x00050000;
const NOT_PERMITTED = ERROR | 1;
const NO_SUCH_CALL = ERROR | 38;
const NO_SUCH_FAMILY = ERROR | 97;

/** Offsets in `struct seccomp_data`; of an argument, its lower half. */
const NUMBER = 0;
const MACHINE = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

/** Every `CLONE_NEW*` there is: a namespace of one's own is a kernel to try. */
const NEW_NAMESPACES =
  0x00000080 |
  0x00020000 |
  0x02000000 |
  0x04000000 |
  0x08000000 |
  0x10000000 |
  0x20000000 |
  0x40000000;
/** `TIOCSTI` types at the terminal of whoever started it; `TIOCLINUX` pastes there. */
const TERMINAL_TRICKS = [0x5412, 0x541c];
/** To run as its owner or its group: what a program leaves behind, others may start. */
const OF_OWNER = 0o6000;
/** `O_CREAT`, `O_TMPFILE`: without them there is no argument of rights. */
const MAKES_FILE = 0x40 | 0x400000;
/** unix, inet, inet6, netlink. */
const FAMILIES = [1, 2, 10, 16];

/**
 * The program by which the kernel judges each system call inside a sandbox, as `bwrap --seccomp`
 * reads it: little endian `struct sock_filter`s. What it does not know of, it lets be; a call for
 * another machine ends the process.
 */
export function seccompProgram(table: CallTable): Uint8Array {
  const { foreignFrom } = table;
  const program: Instruction[] = [
    [LOAD, 0, 0, MACHINE],
    [IS, 1, 0, table.machine],
    answer(KILL),
    [LOAD, 0, 0, NUMBER],
    ...(foreignFrom === undefined
      ? []
      : ([[AT_LEAST, 0, 1, foreignFrom], answer(NO_SUCH_CALL)] as const)),
    ...table.denied.flatMap((call) => when(call, [answer(NOT_PERMITTED)])),
    // Their flags lie in memory, which a filter cannot read: the C library falls back.
    ...when(table.clone3, [answer(NO_SUCH_CALL)]),
    ...when(table.openat2, [answer(NO_SUCH_CALL)]),
    ...table.rights.flatMap((call) => when(call.number, rightsOf(call))),
    ...when(table.clone, [
      [LOAD, 0, 0, argumentAt(0)],
      [HAS_ANY, 0, 1, NEW_NAMESPACES],
      answer(NOT_PERMITTED),
      answer(ALLOW),
    ]),
    ...when(table.ioctl, [
      [LOAD, 0, 0, argumentAt(1)],
      ...TERMINAL_TRICKS.flatMap((request) => when(request, [answer(NOT_PERMITTED)])),
      answer(ALLOW),
    ]),
    ...when(table.socket, [
      [LOAD, 0, 0, argumentAt(0)],
      ...FAMILIES.flatMap((family) => when(family, [answer(ALLOW)])),
      answer(NO_SUCH_FAMILY),
    ]),
    answer(ALLOW),
  ];
  return encoded(program);
}

function answer(value: number): Instruction {
  return [RETURN, 0, 0, value];
}

function when(value: number, then: readonly Instruction[]): Instruction[] {
  return [[IS, 0, then.length, value], ...then];
}

/** Refused where a file would get rights of its owner. */
function rightsOf({ rights, flags }: RightsCall): Instruction[] {
  const judged: Instruction[] = [
    [LOAD, 0, 0, argumentAt(rights)],
    [HAS_ANY, 0, 1, OF_OWNER],
    answer(NOT_PERMITTED),
    answer(ALLOW),
  ];
  if (flags === undefined) return judged;
  const makes: Instruction = [HAS_ANY, 0, judged.length - 1, MAKES_FILE];
  return [[LOAD, 0, 0, argumentAt(flags)], makes, ...judged];
}

function encoded(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [at, [code, whenTrue, whenFalse, value]] of program.entries()) {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, whenTrue);
    view.setUint8(at * 8 + 3, whenFalse);
    view.setUint32(at * 8 + 4, value >>> 0, true);
  }
  return bytes;
}
