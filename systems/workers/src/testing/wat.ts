import loadWabt from 'wabt';

const wabt = await loadWabt();
const SECTION = 'ioi:tasks';

/** A module from its text, with the section that says which tasks it does. */
export function moduleOf(text: string, tasks: string | undefined): Uint8Array {
  const features = { bulk_memory: true, threads: true, simd: true, tail_call: true };
  const parsed = wabt.parseWat('worker.wat', text, features);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  return tasks === undefined ? buffer : withTasks(buffer, tasks);
}

function withTasks(module: Uint8Array, tasks: string): Uint8Array {
  const [name, content] = [Buffer.from(SECTION), Buffer.from(tasks)];
  const body = Buffer.concat([Buffer.of(name.length), name, content]);
  const size: number[] = [];
  for (let left = body.length; ; left >>>= 7) {
    size.push(left < 0x80 ? left : (left & 0x7f) | 0x80);
    if (left < 0x80) break;
  }
  return new Uint8Array(Buffer.concat([module, Buffer.from([0x00, ...size]), body]));
}
