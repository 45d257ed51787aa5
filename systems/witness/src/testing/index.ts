export { LogKit } from './log-kit.ts';
