import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Command, textOption } from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';

/** By which node_exporter knows what it may read. */
const ENDING = '.prom';
/** It runs under another account. */
const MODE = 0o644;

/** `ioi metrics`: how the node is, as a Prometheus server reads it. */
export const metrics: Command = async ({ daemon, output }, _args, options) => {
  const path = textOption(options, 'textfile');
  if (path !== undefined && !path.endsWith(ENDING)) {
    throw usageFault(`${path} does not end in ${ENDING}, so node_exporter would not read it`);
  }
  const text = await daemon.metrics();
  if (path !== undefined) replaceFile(path, text);
  const bytes = Buffer.byteLength(text);
  if (output.json) output.say([], path === undefined ? { text } : { path, bytes });
  else if (path === undefined) output.raw(text);
  else output.say([`${path}: ${bytes} bytes`], undefined);
  return undefined;
};

/** Whoever reads it meanwhile has the old one or the new one, whole. */
function replaceFile(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, text, { flag: 'wx' });
    // Whatever the umask of whoever runs this.
    chmodSync(part, MODE);
    renameSync(part, path);
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  } finally {
    rmSync(part, { force: true });
  }
}
