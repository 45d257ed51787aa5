export { writeTogether } from './write-together.ts';
