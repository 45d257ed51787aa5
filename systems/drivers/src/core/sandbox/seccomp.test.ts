import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { seccompProgram } from './seccomp.ts';
import { CALL_TABLES, type CallTable, DENIED_CALLS } from './system-calls.ts';

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const NOT_PERMITTED = 0x00050001;
const NO_SUCH_CALL = 0x00050026;
const NO_SUCH_FAMILY = 0x00050061;

type Call = {
  readonly number: number;
  readonly args?: readonly number[];
  readonly machine?: number;
};

/** What the kernel's own interpreter makes of a program (linux/filter.h), word by word. */
function judged(table: CallTable, { number, args = [], machine = table.machine }: Call): number {
  const program = new DataView(seccompProgram(table).buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, machine, true);
  for (const [at, value] of args.entries()) {
    data.setBigUint64(16 + 8 * at, BigInt.asUintN(64, BigInt(value)), true);
  }
  let held = 0;
  for (let at = 0; at * 8 < program.byteLength; at += 1) {
    const [code, value] = [program.getUint16(at * 8, true), program.getUint32(at * 8 + 4, true)];
    const [whenTrue, whenFalse] = [program.getUint8(at * 8 + 2), program.getUint8(at * 8 + 3)];
    if (code === 0x06) return value;
    if (code === 0x20) held = data.getUint32(value, true);
    else if (code === 0x15) at += held === value ? whenTrue : whenFalse;
    else if (code === 0x35) at += held >= value ? whenTrue : whenFalse;
    else if (code === 0x45) at += (held & value) !== 0 ? whenTrue : whenFalse;
    else assert.fail(`instruction ${code}`);
  }
  return assert.fail('the program has no end');
}

test('what leads out is refused, and all else let be', () => {
  for (const table of Object.values(CALL_TABLES)) {
    assert.ok(table.denied.length > DENIED_CALLS.length - 10);
    const rights = table.rights.map(({ number }) => number);
    const looked = [table.clone, table.clone3, table.ioctl, table.socket, table.openat2, ...rights];
    fc.assert(
      fc.property(fc.nat({ max: 600 }), (number) => {
        fc.pre(!looked.includes(number));
        const expected = table.denied.includes(number) ? NOT_PERMITTED : ALLOW;
        assert.equal(judged(table, { number }), expected);
      }),
    );
  }
});

test('calls are judged by what they ask for', () => {
  for (const table of Object.values(CALL_TABLES)) {
    const { clone, clone3, ioctl, socket } = table;
    assert.equal(judged(table, { number: clone3 }), NO_SUCH_CALL);
    // A thread, a plain child, and a child with a user namespace of its own.
    assert.equal(judged(table, { number: clone, args: [0x3d0f00] }), ALLOW);
    assert.equal(judged(table, { number: clone, args: [0x11] }), ALLOW);
    assert.equal(judged(table, { number: clone, args: [0x10000011] }), NOT_PERMITTED);
    assert.equal(judged(table, { number: ioctl, args: [0, 0x5401] }), ALLOW);
    for (const trick of [0x5412, 0x541c, 0x1_0000_5412]) {
      assert.equal(judged(table, { number: ioctl, args: [0, trick] }), NOT_PERMITTED);
    }
    for (const family of [1, 2, 10, 16]) {
      assert.equal(judged(table, { number: socket, args: [family] }), ALLOW);
    }
    for (const family of [0, 17, 38, 40]) {
      assert.equal(judged(table, { number: socket, args: [family] }), NO_SUCH_FAMILY);
    }
  }
});

test('no file gets rights of its owner', () => {
  for (const table of Object.values(CALL_TABLES)) {
    assert.equal(judged(table, { number: table.openat2 }), NO_SUCH_CALL);
    for (const { number, rights, flags } of table.rights) {
      const with_ = (mode: number, flag: number) => {
        const args = Array.from({ length: 6 }, (_, at) => (at === flags ? flag : 0));
        return judged(table, { number, args: args.with(rights, mode) });
      };
      for (const mode of [0o4755, 0o2755, 0o104755]) {
        assert.equal(with_(mode, 0o101), NOT_PERMITTED);
        assert.equal(with_(mode, 0), flags === undefined ? NOT_PERMITTED : ALLOW);
      }
      assert.equal(with_(0o100755, 0o101), ALLOW);
      assert.equal(with_(0o1777, 0o101), ALLOW);
    }
  }
});

test('a call for another machine ends the process', () => {
  for (const table of Object.values(CALL_TABLES)) {
    assert.equal(judged(table, { number: 0, machine: 0x40000003 }), KILL);
    const foreign = judged(table, { number: 0x40000000 + 101 });
    assert.equal(foreign, table.foreignFrom === undefined ? ALLOW : NO_SUCH_CALL);
  }
});
