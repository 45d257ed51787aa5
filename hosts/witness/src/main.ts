import { endOn, initWitness, startWitness, watchedLogs } from './shell/start.ts';

/**
 * `main.ts init FOLDER NAME`, `main.ts logs FOLDER`, or
 * `main.ts serve FOLDER LISTEN [--trust-on-first-use] [ORIGIN=VKEY …]`.
 */
async function main([verb = '', folder = '', place = '', ...rest]: string[]): Promise<void> {
  if (verb === 'init') {
    console.log(JSON.stringify(initWitness(folder, place)));
    return;
  }
  if (verb === 'logs') {
    console.log(JSON.stringify(watchedLogs(folder)));
    return;
  }
  const logs = rest.filter((each) => each !== '--trust-on-first-use');
  const trustOnFirstUse = logs.length < rest.length;
  await startWitness({ folder, listen: place, logs, trustOnFirstUse });
}

main(process.argv.slice(2)).catch(endOn);
