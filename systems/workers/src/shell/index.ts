export { Guest, type GuestFile, type GuestTurn } from './guest/guest.ts';
export { type GuestEngine, loadGuestEngine } from './guest/guest-engine.ts';
export { GuestHost, type GuestOptions } from './guest/guest-host.ts';
export type { WasmFile } from './guest/wasm-guest.ts';
export {
  type StartedProgram,
  WorkerProcess,
  type WorkerProcessOptions,
} from './process/index.ts';
export { type KeyedAnswer, type KeyedQuestion, ModelDriver } from './router/model-driver.ts';
