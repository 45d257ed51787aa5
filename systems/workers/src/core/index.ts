export { GUEST_LIMITS, type GuestLimits } from './guest/guest-limits.ts';
export { isEnded, type RunState } from './run/run.ts';
