import { testedProgram } from '@ioi/basis/testing';

/** The command `ioi`, started by `process.execPath`. */
export const IOI: string = testedProgram('apps/cli/src/main.ts');
