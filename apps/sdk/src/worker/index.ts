export { Agent, type FetchOptions, type Reply, type TaskSchemas } from './agent.ts';
export { type Json, StepError } from './wire.ts';
