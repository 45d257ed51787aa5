export type { ObjectEvent } from './events.ts';
export {
  type ClassHead,
  type InvariantHead,
  keys as objectKeys,
  type ObjectHead,
} from './heads.ts';
export { OBJECTS, objectsModule } from './module.ts';
