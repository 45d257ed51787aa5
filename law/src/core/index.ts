export * from './boundary/index.ts';
export * from './domain/index.ts';
export * from './export/index.ts';
export * from './governance/index.ts';
export * from './ledger/index.ts';
export { type NodeEvent, nodeEventsOf, nodeModules } from './node-modules.ts';
export * from './objects/index.ts';
export * from './policy/index.ts';
export { referencesOf } from './references.ts';
