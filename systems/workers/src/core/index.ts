export { GUEST_LIMITS, type GuestLimits } from './guest/guest-limits.ts';
export type { ModelMessage, ModelQuestion } from './router/provider-shapes.ts';
export type { Served, Tried } from './router/route.ts';
export {
  type ModelCandidate,
  nameOfCandidate,
  type RoutingTable,
  wrongInModels,
} from './router/routing-table.ts';
