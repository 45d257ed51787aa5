export { fastestPairHasher } from './native-hasher.ts';
