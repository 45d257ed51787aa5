export { bringThroughDeaths } from './brought-work.ts';
export { ReplicaKit } from './replica-kit.ts';
