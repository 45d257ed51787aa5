export { whenLeft } from './when-left.ts';
