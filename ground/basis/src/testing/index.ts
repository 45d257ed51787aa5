export { Cable } from './cable.ts';
export { endingWithUs } from './ending-with-us.ts';
export { processesNaming } from './processes.ts';
export { processorMs } from './processor-ms.ts';
export { testedProgram } from './tested-program.ts';
export { until } from './until.ts';
