/** Why a worker said nothing more, in order of precedence. */
export type WorkerDeathCode =
  | 'worker.cancelled'
  | 'worker.no_hello'
  | 'worker.too_much'
  | 'worker.protocol'
  | 'worker.step_out_of_order'
  | 'worker.died';

export type WireFault = { readonly code: WorkerDeathCode; readonly message: string };
