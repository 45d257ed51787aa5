export {
  addCheckpoint,
  LOG_KEY_HEADER,
  shownCheckpoint,
  type WitnessAddress,
  WitnessUnreachable,
} from './witness-client.ts';
export { type Answer, WitnessService } from './witness-service.ts';
export { type WatchedLog, WitnessStateFault, WitnessStore } from './witness-store.ts';
