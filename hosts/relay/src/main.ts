import { Register } from './shell/register.ts';
import { end, startRelay } from './shell/start.ts';

/** `serve FOLDER LISTEN [ADDRESS]`, `add FOLDER NAME KEY`, `remove FOLDER NAME`, `list FOLDER`. */
async function main([verb = '', folder = '', ...rest]: readonly string[]): Promise<void> {
  const [one = '', two = ''] = rest;
  if (verb === 'serve') return startRelay({ folder, listen: one, address: rest[1] });
  const register = new Register(folder);
  if (verb === 'list') return console.log(JSON.stringify({ names: register.list() }));
  const done = verb === 'add' ? register.add(one, two) : register.remove(one);
  if (!done.ok) return end(done.error);
  console.log(JSON.stringify(done.value));
}

main(process.argv.slice(2)).catch((fault: unknown) => {
  const message = fault instanceof Error ? fault.message : String(fault);
  console.error(JSON.stringify({ code: 'relay.fault', message }));
  process.exitCode = 1;
});
