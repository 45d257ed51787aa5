export { processorMs } from './processor-ms.ts';
export { until } from './until.ts';
