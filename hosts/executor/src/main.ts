import { endOn, startExecutor } from './shell/start.ts';

/** `main.ts KEY_FILE INVITATION …`: carries out runs for these nodes until it is stopped. */
const [keyFile = '', ...invitations] = process.argv.slice(2);
startExecutor(keyFile, invitations).catch(endOn);
